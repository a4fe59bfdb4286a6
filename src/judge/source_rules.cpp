#include "judge/source_rules.h"

#include <set>

namespace ka {
namespace {

using Names = std::set<std::string_view>;

/// Does `path` equal one of the names, or lie below one of them ("triton.language" covers "triton.language.math.exp")?
bool covers(const Names& names, std::string_view path) {
  for (std::string_view prefix = path;;) {
    if (names.contains(prefix)) return true;
    const auto dot = prefix.rfind('.');
    if (dot == std::string_view::npos) return false;
    prefix = prefix.substr(0, dot);
  }
}

const Names kModules = {"torch",
                        "torch.nn",
                        "torch.nn.functional",
                        "torch.autograd",
                        "triton",
                        "triton.language",
                        "triton.language.extra",
                        "triton.tools.tensor_descriptor",
                        "math",
                        "typing",
                        "__future__"};

const Names kTyping = {"math", "typing", "__future__"};

const Names kTriton = {"triton.jit",
                       "triton.autotune",
                       "triton.heuristics",
                       "triton.Config",
                       "triton.cdiv",
                       "triton.next_power_of_2",
                       "triton.language",
                       "triton.set_allocator",
                       "triton.tools.tensor_descriptor",
                       "triton.runtime.driver.active",
                       "triton.constexpr_function",
                       "triton.knobs.runtime.interpret"};

const Names kTorch = {"torch.empty",
                      "torch.empty_like",
                      "torch.empty_strided",
                      "torch.zeros",
                      "torch.zeros_like",
                      "torch.ones",
                      "torch.ones_like",
                      "torch.full",
                      "torch.full_like",
                      "torch.as_strided",
                      "torch.Tensor",
                      "torch.Size",
                      "torch.device",
                      "torch.dtype",
                      "torch.finfo",
                      "torch.iinfo",
                      "torch.is_tensor",
                      "torch.is_floating_point",
                      "torch.promote_types",
                      "torch.result_type",
                      "torch.strided",
                      "torch.channels_last",
                      "torch.channels_last_3d",
                      "torch.contiguous_format",
                      "torch.preserve_format",
                      "torch.no_grad",
                      "torch.is_grad_enabled",
                      "torch.inference_mode",
                      "torch.autograd.Function",
                      "torch.autograd.function.once_differentiable",
                      "torch.nn.Module",
                      "torch.nn.Parameter",
                      "torch.bool",
                      "torch.uint8",
                      "torch.int8",
                      "torch.int16",
                      "torch.int32",
                      "torch.int64",
                      "torch.float16",
                      "torch.bfloat16",
                      "torch.float32",
                      "torch.float64",
                      "torch.half",
                      "torch.float",
                      "torch.double",
                      "torch.int",
                      "torch.long",
                      "torch.short",
                      "torch.float8_e4m3fn",
                      "torch.float8_e5m2",
                      "torch.complex64",
                      "torch.complex128",
                      "torch.cuda.device",
                      "torch.cuda.current_device",
                      "torch.cuda.device_count",
                      "torch.cuda.is_available",
                      "torch.cuda.get_device_properties",
                      "torch.cuda.get_device_capability",
                      "torch.cuda.synchronize",
                      "torch.rand",
                      "torch.randn",
                      "torch.rand_like",
                      "torch.randn_like",
                      "torch.bernoulli",
                      "torch.version"};

/// Parts of torch that a constructor has no use for either.
const Names kNeverTorch = {"torch.ops",
                           "torch.utils",
                           "torch.library",
                           "torch.compile",
                           "torch.compiler",
                           "torch.jit",
                           "torch.load",
                           "torch.save",
                           "torch.hub",
                           "torch.multiprocessing",
                           "torch.distributed",
                           "torch.package",
                           "torch.fx",
                           "torch.overrides",
                           "torch.backends",
                           "torch.testing",
                           "torch.profiler",
                           "torch.serialization",
                           "torch.classes",
                           "torch.export",
                           "torch.func",
                           "torch.storage",
                           "torch.cuda",
                           "torch.set_default_dtype",
                           "torch.set_default_device",
                           "torch.set_float32_matmul_precision",
                           "torch.use_deterministic_algorithms",
                           "torch.manual_seed",
                           "torch.seed",
                           "torch.from_file",
                           "torch.from_dlpack",
                           "torch.frombuffer"};

const Names kKernelRoots = {"triton.language", "triton.cdiv", "triton.next_power_of_2", "math"};

const Names kMethods = {
    // views, layout and facts of tensors
    "contiguous", "view", "view_as", "reshape", "reshape_as", "as_strided", "expand", "expand_as", "transpose", "permute", "t",
    "squeeze", "unsqueeze", "flatten", "unflatten", "narrow", "select", "unbind", "chunk", "split", "detach", "movedim",
    "swapaxes", "swapdims", "unfold", "diagonal", "size", "stride", "dim", "ndimension", "numel", "nelement", "element_size",
    "itemsize", "storage_offset", "data_ptr", "is_contiguous", "is_floating_point", "is_complex", "get_device", "new_empty",
    "new_empty_strided", "new_zeros", "new_ones", "new_full", "zero_", "fill_", "copy_", "to", "type_as", "requires_grad_",
    "clone", "bernoulli_", "uniform_", "normal_", "is_cuda",
    // containers and text
    "append", "extend", "insert", "pop", "get", "items", "keys", "values", "setdefault", "update", "clear", "index", "count",
    "join", "format", "startswith", "endswith", "lower", "upper", "strip", "add", "bit_length",
    // torch.autograd.Function
    "save_for_backward", "mark_non_differentiable", "mark_dirty", "set_materialize_grads", "register_buffer",
    "register_parameter", "named_parameters", "parameters", "named_buffers", "buffers"};

const Names kBuiltins = {"range",
                         "len",
                         "min",
                         "max",
                         "abs",
                         "int",
                         "float",
                         "bool",
                         "str",
                         "tuple",
                         "list",
                         "dict",
                         "set",
                         "frozenset",
                         "sum",
                         "zip",
                         "enumerate",
                         "isinstance",
                         "issubclass",
                         "print",
                         "super",
                         "property",
                         "staticmethod",
                         "classmethod",
                         "round",
                         "pow",
                         "divmod",
                         "any",
                         "all",
                         "sorted",
                         "reversed",
                         "map",
                         "filter",
                         "slice",
                         "iter",
                         "next",
                         "repr",
                         "hash",
                         "id",
                         "type",
                         "object",
                         "complex",
                         "bytes",
                         "callable",
                         "Ellipsis",
                         "NotImplemented",
                         "NotImplementedError",
                         "Exception",
                         "ValueError",
                         "TypeError",
                         "RuntimeError",
                         "AssertionError",
                         "KeyError",
                         "IndexError",
                         "AttributeError",
                         "ZeroDivisionError",
                         "OverflowError",
                         "ArithmeticError"};

const Names kForbiddenNames = {"exec",         "eval",       "compile",  "open",       "__import__", "getattr",
                               "setattr",      "delattr",    "globals",  "locals",     "vars",       "breakpoint",
                               "__builtins__", "__loader__", "__spec__", "memoryview", "exit",       "quit"};

const Names kForbiddenAttributes = {"fn",
                                    "raw_src",
                                    "rewriter",
                                    "f_globals",
                                    "f_locals",
                                    "f_back",
                                    "f_builtins",
                                    "gi_frame",
                                    "cr_frame",
                                    "ag_frame",
                                    "tb_frame",
                                    "tb_next",
                                    "co_code",
                                    "func_globals",
                                    "mro",
                                    "apply_",
                                    "map_",
                                    "map2_",
                                    "numpy",
                                    "untyped_storage",
                                    "storage",
                                    "set_",
                                    "grad_fn",
                                    "register_hook",
                                    "inline_asm_elementwise",
                                    "pre_run_hooks",
                                    "add_pre_run_hook",
                                    "device_caches",
                                    "used_global_vals"};

}  // namespace

bool may_import(std::string_view path) {
  return kModules.contains(path) || covers(kTriton, path) || covers(kTyping, path) || covers(kTorch, path) ||
         (covers({"torch.nn"}, path) && !covers({"torch.nn.functional"}, path));
}

bool may_name(std::string_view path, bool constructing) {
  if (covers(kTyping, path) || covers(kTriton, path)) return true;
  if (!covers({"torch"}, path)) return false;
  if (covers(kTorch, path)) return true;
  return constructing && !covers(kNeverTorch, path) && path.find("._") == std::string_view::npos;
}

bool may_name_in_kernel(std::string_view path) { return covers(kKernelRoots, path); }

bool may_call_method(std::string_view method) { return kMethods.contains(method); }

bool is_harmless_builtin(std::string_view name) { return kBuiltins.contains(name); }

bool is_forbidden_name(std::string_view name) { return kForbiddenNames.contains(name); }

bool is_forbidden_attribute(std::string_view name) {
  if (name.starts_with("__") && name != "__init__" && name != "__name__") return true;
  return kForbiddenAttributes.contains(name);
}

}  // namespace ka
