#include "judge/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/templates.h"

namespace ka {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHead = R"(import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def kernel(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.exp(tl.load(x_ptr + i, mask=i < n)), mask=i < n)


)";

std::string first_breach(std::string_view body) {
  const SourceRuling ruling = rule_on_source(std::string(kHead) + std::string(body), "", true);
  if (!ruling.syntax_error.empty()) return "syntax error at " + ruling.syntax_error;
  return ruling.breaches.empty() ? "" : to_text(ruling.breaches.front());
}

/// A program that replays its launches, with text before and behind the fixed text.
std::string replaying(std::string_view before = "", std::string_view behind = "") {
  const std::string fixed(template_text("templates/program/launch_graph.py"));
  return "\n" + std::string(before) + fixed + std::string(behind) + R"(

class ModelNew(nn.Module):
    def forward(self, x):
        return _replayed(self, x)

    def _run_kernels(self, x):
        y = torch.empty_like(x)
        kernel[(1,)](x, y, x.numel(), BLOCK=1024)
        return y
)";
}

TEST(SourcePolicy, TheTextThatReplaysLaunchesIsKnown) {
  EXPECT_EQ(first_breach(replaying()), "");
  EXPECT_EQ(first_breach(replaying("X = 1\n\n\n", "\n\nY = 2\n")), "");
}

TEST(SourcePolicy, WhatOnlyResemblesTheTextThatReplaysIsRead) {
  std::string changed = replaying();
  changed.replace(changed.find("own.copy_(one)"), 14, "own.copy_(own)");
  EXPECT_THAT(first_breach(changed), HasSubstr("imports only torch"));
  EXPECT_THAT(first_breach(replaying() + std::string(template_text("templates/program/launch_graph.py"))),
              HasSubstr("imports only torch"));
  EXPECT_THAT(first_breach(replaying("if True:\n    pass\n")), HasSubstr("definitions and constants only"));
  // Inside a string it is no code, and what seems to be a string around it may not be one.
  EXPECT_THAT(first_breach(replaying("X = \"\"\"\n", "\n\"\"\"\n")), HasSubstr("syntax error"));
}

TEST(SourcePolicy, NothingElseReachesWhatReplays) {
  for (const char* line : {"_replays.clear()", "_Replay(self, (x,))", "weakref.ref(x)", "contextlib.suppress(ValueError)"}) {
    std::string text = replaying();
    const std::string place = "        y = torch.empty_like(x)\n";
    text.insert(text.find(place), std::string("        ") + line + "\n");
    EXPECT_THAT(first_breach(text), HasSubstr("no names but the program's own")) << line;
  }
  std::string text = replaying();
  text.insert(text.find("        y = torch.empty_like(x)\n"), "        x.addresses_now()\n");
  EXPECT_THAT(first_breach(text), HasSubstr("addresses_now"));
}

TEST(SourcePolicy, HonestProgramsPass) {
  EXPECT_EQ(first_breach(R"(
BLOCK = 256
SIZES = {"small": 64, "large": [128, 256]}
SCALE = 1.5 * float("2")


def blocks(n: int) -> int:
    return triton.cdiv(n, BLOCK)


def kernel_function(x, *, fc_weight=None, eps: float = 1e-5):
    """Applies exp."""
    assert x.is_cuda or not x.is_cuda, f"device {x.device}"
    x = x.contiguous().view(-1)
    y = torch.empty_like(x, dtype=torch.float32)
    total = sum(extent for extent in x.shape)
    grid = lambda meta: (triton.cdiv(total, meta["BLOCK"]),)
    kernel[grid](x, y, x.numel(), BLOCK=BLOCK)
    with torch.no_grad():
        pass
    return y.view(x.shape), y.stride(0)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.fc = nn.Linear(features, features)
        self.scale = nn.Parameter(torch.randn(features) * 0.5)
        self.named = nn.ModuleDict(dict(c_fc=nn.Linear(2, 2), act=nn.ReLU()))
        self.keyed = nn.ModuleDict({"c_proj": nn.Linear(2, 2)})
        nn.init.zeros_(self.fc.bias)
        self.cache = None

    def _prepare(self, x):
        weights = (self.named.c_fc.weight, self.keyed.c_proj.weight)
        return x.contiguous()

    def forward(self, x):
        self.cache = self._prepare(x)
        return kernel_function(self.cache, fc_weight=self.fc.weight)


if __name__ == "__main__":
    import sys
    sys.exit(0)
)"),
            "");
  EXPECT_EQ(
      first_breach("def kernel_function(x):\n    y = torch.empty_like(x)\n    kernel[(1,)](x, y, 3, BLOCK=4)\n    return y\n"),
      "");
}

TEST(SourcePolicy, OwnAttributesOfObjectsOfTheProgramsOwnPass) {
  EXPECT_EQ(first_breach(R"(
__all__ = ["ModelNew"]


class Plan:
    handle = 1

    def __init__(self, rows):
        self.rows = rows
        self.scale = 2

    @staticmethod
    def of(x):
        return Plan(x.shape[0])

    def _half(self):
        return self.rows // 2 + self.handle


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, rows):
        ctx.rows = rows
        if type(x) is torch.Tensor and isinstance(rows, int):
            return x
        raise TypeError(f"no tensor: {type(x).__name__}")


class ModelNew(nn.Module):
    def __init__(self):
        super(ModelNew, self).__init__()
        self.values = [1]
        self.plan = Plan(3)

    def forward(self, x):
        self.count, self.values[0] = 1, 2
        plan = Plan.of(x)
        return Half.apply(x, plan.rows + self.plan.rows + self.count)
)"),
            "");
}

struct Escape {
  const char* name;
  const char* body;
  const char* rule;
};

class SourceEscapes : public testing::TestWithParam<Escape> {};

TEST_P(SourceEscapes, AreRefused) { EXPECT_THAT(first_breach(GetParam().body), HasSubstr(GetParam().rule)); }

INSTANTIATE_TEST_SUITE_P(
    All, SourceEscapes,
    testing::ValuesIn(std::vector<Escape>{
        {"Os", "import os\n", "imports only"},
        {"OsAlias", "import os as torch2\n", "imports only"},
        {"FromStar", "from torch import *\n", "imports name"},
        {"FromTorchMatmul", "from torch import matmul as m\n", "imports only"},
        {"ImportUtils", "import torch.utils.cpp_extension\n", "imports only"},
        {"ImportInside", "def kernel_function(x):\n    import ctypes\n    return x\n", "imports only"},
        {"Matmul", "def kernel_function(a, b):\n    return torch.matmul(a, b)\n", "not among"},
        {"AtOperator", "def kernel_function(a, b):\n    return a @ b\n", "no matrix"},
        {"AtAssign", "def kernel_function(a, b):\n    a @= b\n    return a\n", "no matrix"},
        {"Method", "def kernel_function(a, b):\n    return a.mm(b)\n", "method mm"},
        {"Softmax", "def kernel_function(a):\n    return a.softmax(0)\n", "method softmax"},
        {"Functional", "import torch.nn.functional as F\ndef kernel_function(a):\n    return F.gelu(a)\n", "not among"},
        {"Getattr", "def kernel_function(a):\n    return getattr(torch, 'mm')(a, a)\n", "reach around"},
        {"GetattrShadowed", "def f(getattr):\n    return getattr\n", "reach around"},
        {"Eval", "def kernel_function(a):\n    return eval('a')\n", "reach around"},
        {"Import", "def kernel_function(a):\n    return __import__('os')\n", "reach around"},
        {"Dunder", "def kernel_function(a):\n    return a.__class__\n", "no special attributes"},
        {"DunderMethod", "class T:\n    def __torch_function__(self):\n        return 1\n", "special methods"},
        {"Globals", "def kernel_function(a):\n    return kernel.fn.__globals__\n", "no special attributes"},
        {"Numpy", "def kernel_function(a):\n    return a.numpy()\n", "numpy reaches around"},
        {"ModuleValue", "def kernel_function(a):\n    t = torch\n    return t\n", "not a value"},
        {"ModuleArgument", "def g(m):\n    return m\ndef kernel_function(a):\n    return g(torch)\n", "not a value"},
        {"Patch", "def kernel_function(a):\n    torch.empty = 3\n    return a\n", "self and ctx only"},
        {"PatchKernel", "def kernel_function(a):\n    kernel.cache = 3\n    return a\n", "self and ctx only"},
        {"ModuleWork", "x = torch.empty(3)\n", "definitions and constants"},
        {"ModuleLoop", "for i in range(3):\n    print(i)\n", "definitions and constants"},
        {"ModuleCall", "print('x')\n", "definitions and constants"},
        {"ModuleRaise", "raise SystemExit(0)\n", "definitions and constants"},
        {"OtherMain", "if __name__ != '__main__':\n    print(1)\n", "definitions and constants"},
        {"MainElse", "if __name__ == '__main__':\n    pass\nelse:\n    print(1)\n", "definitions and constants"},
        {"TensorSubclass", "class Lazy(torch.Tensor):\n    pass\n", "derive from"},
        {"UnknownName", "def kernel_function(a):\n    return helper(a)\n", "no names but"},
        {"Exit", "def kernel_function(a):\n    exit(0)\n", "reach around"},
        {"LayerCall", "class ModelNew(nn.Module):\n    def forward(self, x):\n        return self.fc(x)\n", "method fc"},
        {"Compile", "def kernel_function(a):\n    return torch.compile(a)\n", "not among"},
        {"Ops", "def kernel_function(a):\n    return torch.ops.aten.mm(a, a)\n", "not among"},
        {"OpsInInit", "class ModelNew(nn.Module):\n    def __init__(self):\n        torch.ops.load_library('x')\n", "not among"},
        {"PrivateInInit", "class ModelNew(nn.Module):\n    def __init__(self):\n        torch._C._set_x(1)\n", "not among"},
        {"Decorator", "@torch.compile\ndef kernel_function(a):\n    return a\n", "decorators"},
        {"TorchInKernel", "@triton.jit\ndef k(x):\n    torch.mm(x, x)\n", "kernels use"},
        {"InlineAssembly", "@triton.jit\ndef k(x):\n    tl.inline_asm_elementwise('x', x)\n", "inline assembly is off"},
        {"Knobs", "def kernel_function(a):\n    triton.knobs.x = 1\n    return a\n", "self and ctx only"},
        {"Unicode", "def kernel_function(\xc3\xa4):\n    return \xc3\xa4\n", "ASCII"},
        {"StringHash", "def kernel_function(a, b):\n    s = '#'; y = torch.matmul(a, b)\n    return y\n", "not among"},
        {"SetMainName", "__name__ = '__main__'\n", "no special names"},
        {"ModuleShadowed", "def g(torch):\n    pass\ndef kernel_function(a):\n    t = torch\n    return t\n", "not a value"},
        {"SysOfTyping", "import typing\ndef kernel_function(a):\n    return typing.sys.modules\n", "not among"},
        {"InspectOfTriton", "def kernel_function(a):\n    return tl.core.inspect.currentframe()\n", "not among"},
        {"OsOfTorchInInit", "class ModelNew(nn.Module):\n    def __init__(self):\n        torch.os.system('x')\n", "not among"},
        {"CompileInInit", "class ModelNew(nn.Module):\n    def __init__(self):\n        self.compile()\n", "method compile"},
        {"TypeMakesClass", "def kernel_function(a):\n    return type('T', (torch.Tensor,), {})\n", "type is only asked"},
        {"Repr", "class K:\n    def __repr__(self):\n        return 'x'\n", "special methods"},
        {"NamedParameters", "class ModelNew(nn.Module):\n    def named_parameters(self):\n        return []\n", "own machinery"},
        {"ForwardAssigned", "class ModelNew(nn.Module):\n    def f(self):\n        self.forward = None\n", "own machinery"},
        {"TensorMethodAsValue", "def kernel_function(a, b):\n    f = a.mm\n    return f(b)\n", "mm is no attribute"},
        {"NumpyIsNoOwnName", "def numpy(x):\n    return x\ndef kernel_function(a):\n    return a.numpy()\n",
         "numpy reaches around"},
        {"NumpyAsValue", "numpy = 1\ndef kernel_function(a):\n    f = a.numpy\n    return f()\n", "numpy reaches around"},
        {"GeneratorFrame", "gi_frame = 1\ndef kernel_function(a):\n    g = (i for i in a)\n    return g.gi_frame\n",
         "gi_frame reaches"},
        {"TensorClassMethod", "def kernel_function(a, b):\n    return torch.Tensor.mm(a, b)\n", "not among"},
        {"TwoMeanings", "import math as m\ndef g():\n    import torch as m\n", "one meaning"},
        {"Rebound", "def g():\n    triton = 3\n    return triton\n", "one meaning"},
        {"DefaultWork", "def kernel_function(a, b=torch.zeros(3)):\n    return a\n", "defaults are constants"},
        {"ClassWork", "class A:\n    print('x')\n", "a class holds"},
        {"PreHook", "@triton.autotune(configs=[triton.Config({}, pre_hook=kernel)], key=[])\n@triton.jit\ndef k(x):\n    pass\n",
         "takes no pre_hook"},
        {"DoBench", "@triton.autotune(configs=[], key=[], do_bench=kernel)\n@triton.jit\ndef k(x):\n    pass\n",
         "takes no do_bench"},
        {"ConfigsCalled", "def c():\n    return []\n@triton.autotune(configs=c(), key=[])\n@triton.jit\ndef k(x):\n    pass\n",
         "options are literal"},
        {"LaunchMetadata", "@triton.jit(launch_metadata=kernel)\ndef k(x):\n    pass\n", "takes no launch_metadata"},
        {"HelperInKernel", "def h(x):\n    return x\n@triton.jit\ndef k(x):\n    h(x)\n", "kernels use"},
        {"InsidesInKernel", "@triton.jit\ndef k(x):\n    y = x.handle\n", "handle is nothing"},
        {"OwnNameOpensNothingForeign", "def handle():\n    return 0\ndef kernel_function(a):\n    return a.handle\n",
         "handle is no attribute"},
        {"MethodOpensNothingForeign",
         "class A:\n    def handle(self):\n        return 0\ndef kernel_function(a):\n    return a.handle.data\n",
         "handle is no attribute"},
        {"OwnMethodOfOthers",
         "class A:\n    def matmul(self, b):\n        return b\ndef kernel_function(a, b):\n    return a.matmul(b)\n",
         "method matmul"},
        {"HiddenName", "class A:\n    def _seen(self):\n        return 0\ndef kernel_function(a):\n    return a._seen()\n",
         "method _seen"},
        {"MainOpensNothing",
         "def kernel_function(a):\n    return a.rows\nif __name__ == '__main__':\n    class A:\n        rows = 1\n",
         "rows is no attribute"},
        {"LoopTarget", "def kernel_function(a):\n    for torch.empty in [1]:\n        pass\n", "self and ctx only"},
        {"WithTarget", "def kernel_function(a):\n    with torch.no_grad() as torch.empty:\n        pass\n", "self and ctx only"},
        {"NestedTarget", "def kernel_function(a):\n    b, (torch.empty, *c) = 1, (2, 3)\n", "self and ctx only"},
        {"StarredTarget", "def kernel_function(a):\n    b, *torch.empty = a\n", "self and ctx only"},
        {"ComprehensionTarget", "def kernel_function(a):\n    return [1 for torch.empty in a]\n", "self and ctx only"},
        {"NestedDelete", "def kernel_function(a):\n    del a, (torch.empty, a)\n", "self and ctx only"},
        {"SelfOfAFunction", "def f(self, g):\n    self.detach = g\n", "self and ctx only"},
        {"SelfOfANestedFunction",
         "class A:\n    def f(self):\n        def g(self):\n            self.detach = 1\n        g(torch.Tensor)\n",
         "self and ctx only"},
        {"SelfOfAStaticMethod", "class A:\n    @staticmethod\n    def f(self):\n        self.detach = 1\n", "self and ctx only"},
        {"SelfAnew", "class A:\n    def f(self, x):\n        self = x\n        self.detach = 1\n", "not bound anew"},
        {"MethodOfAClass", "class A:\n    def f(self):\n        self.one = 1\ndef kernel_function(a):\n    A.f(torch.Tensor)\n",
         "of a class, only"},
        {"ConstructorOfAClass",
         "class A:\n    def __init__(self):\n        self.one = 1\ndef kernel_function(a):\n    A.__init__(torch.Tensor)\n",
         "of a class, only"},
        {"ClassHandedOn", "class A:\n    pass\ndef kernel_function(a):\n    b = A\n", "a class is called"},
        {"NestedClassHandedOn", "class A:\n    class B:\n        pass\n    def f(self):\n        return self.B\n",
         "a class is called"},
        {"OwnProperty", "def property(f):\n    return f\nclass A:\n    @property\n    def f(self):\n        return 1\n",
         "decorators are"},
        {"MethodAsOption",
         "class A:\n    def f(self):\n        pass\n    @triton.heuristics({'N': f})\n    @triton.jit\n    def k(x):\n        pass\n",
         "a method is not a value"},
        {"MethodInAClass", "class A:\n    def f(self):\n        pass\n    table = [f]\n", "a method is not a value"},
        {"MethodAsDefault", "class A:\n    def f(self):\n        pass\n    def g(self, h=f):\n        pass\n",
         "a method is not a value"},
        {"TypeAsValue", "def kernel_function(a):\n    return type(a)\n", "type is only asked"},
        {"TypingOfText", "from typing import Union\ndef kernel_function(a):\n    return Union['a']\n", "not quoted"},
        {"CoreOfLibdevice", "from triton.language.extra.cuda.libdevice import core\n", "imports only"},
        {"TorchOfInit", "class ModelNew(nn.Module):\n    def __init__(self):\n        self.x = torch.nn.init.torch\n",
         "not among"},
        {"ConfigAsValue", "def kernel_function(a):\n    make = triton.Config\n", "decorates, or is called"},
        {"JitCalled", "def kernel_function(a):\n    return triton.jit(a)\n", "decorates, or is called"},
        {"HookWithoutName",
         "@triton.autotune([triton.Config({}, 4, 2, 1, None, kernel)], ['n'])\n@triton.jit\ndef k(x):\n    pass\n",
         "only its first 5"},
        {"PruneWithoutName", "@triton.autotune([], ['n'], kernel)\n@triton.jit\ndef k(x):\n    pass\n", "only its first 2"},
        {"ParameterCalledInKernel", "@triton.jit\ndef k(x, work: tl.constexpr):\n    work(x)\n", "call no arguments"},
        {"ParameterAppliedInKernel", "@triton.jit\ndef k(x, work: tl.constexpr):\n    tl.reduce(x, 0, work)\n",
         "apply other kernels"},
        {"OwnMethodInKernel", "class A:\n    def load(self):\n        pass\n@triton.jit\ndef k(x):\n    x.load()\n",
         "no methods of"},
        {"KernelAnew", "def host(x):\n    return x\nkernel = host\n", "a name of its own"},
        {"KernelShadowed", "def kernel(x):\n    return x\n", "a name of its own"},
        {"ConstructorOfNoModule", "class A:\n    def __init__(self, x):\n        self.y = x.exp()\n", "method exp"},
        {"MixedTabs", "class A:\n\t        def f(self):\n\t               pass\n       \t\tprint(1)\n", "tabs, not both"},
        {"AnnotationRuns", "def f(x: print(1)):\n    return x\n", "annotations run"},
        {"Match", "def kernel_function(a):\n    match a:\n        case _:\n            return a\n", "no match_statement"},
        {"Async", "async def kernel_function(a):\n    return a\n", "no coroutines"},
        {"Yield", "def kernel_function(a):\n    yield a\n", "no yield"},
        {"WideLetters", "def kernel_function(a):\n    return a.\xef\xbd\x81\n", "ASCII"},
        {"CarriageReturn", "# a\rimport os\n", "control characters"},
        {"FormFeed", "\fX = 1\n", "control characters"},
        {"NotUtf8", "X = '\xff'\n", "not UTF-8"},
        {"Syntax", "def kernel_function(:\n", "syntax error"},
    }),
    [](const auto& one) { return std::string(one.param.name); });

Json counted(const char* name, int count) { return {{"name", name}, {"count", count}}; }

/// A reply of a candidate that launched its kernel twice, as the GPU saw it.
Json gpu_reply(Json kernels, const char* used = "aten.view.default", int guards = 0) {
  return {{"launches", {{{"kernel", "gelu"}, {"count", 2}}}},
          {"compiled", {{"gelu_0", 2}}},
          {"operators", {counted(used, 1)}},
          {"guards", guards},
          {"gpu_kernels", std::move(kernels)}};
}

TEST(KernelPolicy, TheProgramsOwnKernelsFillsAndAccountedCopiesMayRun) {
  const Json own = counted("gelu_0", 2), copy = counted("Memcpy DtoD (Device -> Device)", 1);
  const Json fill = counted("void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<float>>", 3);
  const Json drawn = counted("void at::native::distribution_elementwise_grid_stride_kernel<float>", 1);
  const Json strided = counted("void at::native::elementwise_kernel<128, direct_copy_kernel_cuda>", 1);
  const Json random = {counted("aten.bernoulli.p", 1)};
  const auto fault = [&](std::vector<Json> kernels, const char* used = "aten.view.default", int guards = 0) {
    return rule_on_kernels(gpu_reply(std::move(kernels), used, guards), random).fault.value_or("");
  };
  EXPECT_EQ(fault({own, fill}), "");
  EXPECT_EQ(fault({own, copy}, "aten.empty_like.default", 1), "");
  EXPECT_THAT(fault({own, copy}, "aten.empty_like.default", 0), HasSubstr("Memcpy DtoD"));  // of no bytes: nothing was copied
  EXPECT_EQ(fault({own, drawn}, "aten.bernoulli.p"), "");
  EXPECT_EQ(fault({own, strided}, "aten.clone.default"), "");
  EXPECT_THAT(fault({own, copy}), HasSubstr("Memcpy DtoD"));
  EXPECT_THAT(fault({own, copy, copy}, "aten.empty_like.default", 1), HasSubstr("Memcpy DtoD"));
  const Json read = counted("Memcpy DtoH (Device -> Pinned)", 1);
  EXPECT_THAT(fault({own, read}), HasSubstr("Memcpy DtoH"));
  EXPECT_EQ(fault({own, read}, "aten._local_scalar_dense.default"), "");
  EXPECT_THAT(fault({drawn}), HasSubstr("distribution_elementwise"));
  EXPECT_THAT(fault({strided}, "aten.empty_like.default"), HasSubstr("direct_copy_kernel"));
  EXPECT_EQ(fault({counted("gelu_0", 3)}), "gelu_0 ran 3 times on the GPU and was launched 2 times");
  EXPECT_THAT(fault({own, counted("ampere_sgemm_128x64_nn", 1)}), HasSubstr("ampere_sgemm_128x64_nn ran on the GPU"));
}

TEST(KernelPolicy, AMissingListIsSaid) {
  EXPECT_EQ(rule_on_kernels(gpu_reply({{"missing", "no CUPTI"}}), Json()).missing, "no CUPTI");
  EXPECT_THAT(rule_on_kernels(gpu_reply(Json::array()), Json()).missing, HasSubstr("saw nothing"));
  EXPECT_THAT(rule_on_kernels(Json::object(), Json()).missing, HasSubstr("sent no list"));
  const Json seen = {counted("Memset (Device)", 1), counted("gelu_0", 2), counted("Memcpy DtoD (Device -> Device)", 1)};
  const std::vector<std::string> listed = {"gelu_0 ×2", "fills ×1", "copies ×1"};
  EXPECT_EQ(rule_on_kernels(gpu_reply(seen), Json()).listed, listed);
}

TEST(SourcePolicy, CookiesAndEntryAreSeen) {
  EXPECT_FALSE(rule_on_source("# -*- coding: latin-1 -*-\ndef kernel_function(x):\n    return x\n", "", true).breaches.empty());
  EXPECT_FALSE(rule_on_source("def forward(x):\n    return x\n", "", true).defines_entry);
  EXPECT_TRUE(rule_on_source("def kernel_function(x):\n    return x\n", "", true).defines_entry);
}

}  // namespace
}  // namespace ka
