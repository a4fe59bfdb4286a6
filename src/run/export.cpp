#include "run/export.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "ir/graph.h"
#include "syntax/zones.h"

namespace ka {
namespace {

constexpr const char* kProgram = "compose_out/composed_kernel.py";

std::string leading_digits(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
  return {text.begin(), end};
}

/// KernelBench's evaluator hands every tensor over in the precision it evaluates. A ModelNew that takes masks and indices back to what
/// they are, over the verified one; nothing where every tensor is floating.
std::string takes_back(const Graph& graph) {
  std::vector<std::string> types;
  bool any = false;
  for (const Input& input : graph.inputs) {
    if (input.kind != InputKind::kTensor && input.kind != InputKind::kScalar) continue;
    const bool cast = input.kind == InputKind::kTensor && !is_floating(graph.type(input.value).dtype);
    types.push_back(cast ? fmt::format("torch.{}", name(graph.type(input.value).dtype)) : "None");
    any = any || cast;
  }
  if (!any) return {};
  return fmt::format(R"(class ModelNew(ModelNew):
    """Takes inputs that the evaluator made floating back to their types: {0}."""

    def forward(self, *inputs):
        types = ({0},)
        return super().forward(*(x if t is None else x.to(t) for x, t in zip(inputs, types)))


)",
                     join(types, ", "));
}

}  // namespace

Result<std::string> kernelbench_name(const std::filesystem::path& problem) {
  const std::string folder = problem.parent_path().filename().string();
  const std::string level = folder.starts_with("level") ? folder.substr(5) : "";
  const std::string number = leading_digits(problem.filename().string());
  if (level.empty() || leading_digits(level) != level || number.empty())
    return fail(Fault::kInput, "KernelBench names kernels by level and number, and this path has none", problem.string(),
                "problems lie as level1/19_ReLU.py; or take --format program");
  return fmt::format("level_{}_problem_{}_sample_0_kernel.py", level, number);
}

Result<Exported> export_program(const RunDirectory& run, ExportFormat format) {
  const std::string where = run.path().string();
  KA_TRY(const Json head, run.read_json("run.json"));
  if (!run.has(kProgram))
    return fail(Fault::kInput, "this run has no composed program", where,
                fmt::format("`kernelagent run --resume {}` goes on with it", run.id()));
  const Result<Json> certificate = run.read_json("compose_out/certificate.json");
  if (!certificate || string_or(*certificate, "verdict") != "accepted")
    return fail(Fault::kInput, "this run's program was not accepted", where, "only verified programs are exported");
  KA_TRY(const std::string text, run.read(kProgram));
  const Json* program = find(*certificate, "program");
  if (program == nullptr || string_or(*program, "sha256") != sha256(text))
    return fail(Fault::kInput, "the composed program is not the one that was certified", where,
                fmt::format("judge it again: kernelagent verify {}", run.id()));
  KA_TRY(const Zones zones, split_zones(text));
  const std::filesystem::path problem = string_or(head, "problem_path");
  Exported exported;
  exported.name = problem.filename().string();
  if (format == ExportFormat::kKernelBench) {
    KA_TRY(exported.name, kernelbench_name(problem));
  }
  exported.text = fmt::format("# {} as a Triton program, by KernelAgent; {}: {}.\n", problem.filename().string(),
                              string_or(*certificate, "verdict"), string_or(*certificate, "reason"));
  for (const std::string& zone : {zones.construction, zones.forward}) exported.text += fmt::format("{}\n\n\n", trim(zone));
  if (const Result<Json> traced = run.read_json("graph.json"); traced && format == ExportFormat::kKernelBench) {
    KA_TRY(const Graph graph, graph_from_json(*traced));
    exported.text += takes_back(graph);
  }
  exported.text = fmt::format("{}\n", trim(exported.text));
  return exported;
}

}  // namespace ka
