#include "run/glue_check.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "compose/compose.h"
#include "compose/program.h"
#include "judge/policy.h"
#include "run/fused_check.h"
#include "run/trace.h"

namespace ka {
namespace {

/// What makes two calls of a part need two kernels: types and shapes of tensors, types of numbers, other values themselves.
Json signature(const Json& arguments) {
  Json list = Json::array();
  for (const Json& argument : arguments) {
    if (const Json* tensor = find(argument, "tensor")) {
      list.push_back({{"dtype", string_or(*tensor, "dtype")}, {"shape", tensor->value("shape", Json())}});
    } else {
      const Json value = argument.value("scalar", Json());
      list.push_back(value.is_number() ? Json(value.is_number_float() ? "float" : "int") : Json{{"value", value}});
    }
  }
  return list;
}

std::string numbers(const Json& list) {
  std::vector<std::string> items;
  for (const Json& item : list) items.push_back(compact(item));
  return tuple_text(items);
}

/// A Python expression of an argument like the one seen.
std::string example(const Json& argument) {
  const Json* tensor = find(argument, "tensor");
  if (tensor == nullptr) return python_literal(argument.value("scalar", Json()));
  return fmt::format("torch.empty_strided({}, {}, dtype=torch.{})", numbers(tensor->value("shape", Json::array())),
                     numbers(tensor->value("stride", Json::array())), string_or(*tensor, "dtype"));
}

/// The operator that runs outside of parts and may not.
std::string computed_outside(const Json& report) {
  const Json* outside = find(report, "outside");
  if (outside == nullptr || !outside->is_array()) return "what ran outside of parts is not known";
  for (const Json& entry : *outside) {
    if (string_or(entry, "name").starts_with("aten._local_scalar_dense")) continue;
    const OperatorRuling ruling = rule_on_operators(Json::array({entry}), Json::array(), false, false, 0);
    if (ruling.fault)
      return fmt::format("line {} computes outside of a part: {}", int_or(entry, "line"), string_or(entry, "name"));
  }
  return {};
}

/// What the judge's rules say of forward, before there are kernels.
std::string broken_rule(const Glue& glue, const std::string& original) {
  std::vector<ComposedPart> parts;
  for (const std::string& name : glue.parts()) parts.push_back({name, nullptr, {}});
  const Result<std::string> program = compose_glue(glue, parts, original, "problem.py");
  if (!program) return program.error().message;
  const SourceRuling ruling = rule_on_source(*program, original, true);
  if (ruling.breaches.empty()) return {};
  return fmt::format("forward breaks a rule: {}: `{}`", ruling.breaches.front().rule, ruling.breaches.front().text);
}

/// Traces one part on arguments like those of its first call.
Task<Result<GlueCheck>> trace_part(Workshop& workshop, const Glue& glue, Json part, std::filesystem::path folder) {
  GlueCheck found;
  const std::string name = string_or(part, "name");
  const Json calls = part.value("calls", Json::array());
  if (calls.empty()) co_return found;
  for (const Json& call : calls) {
    if (signature(call) == signature(calls.front())) continue;
    found.fault = name + " is called with different types, shapes or options: write a class for each";
    co_return found;
  }
  std::vector<std::string> inputs;
  for (const Json& argument : calls.front()) inputs.push_back(example(argument));
  const std::filesystem::path file = folder / (name + ".py");
  KA_CO_CHECK_OK(write_file_atomic(file, glue.part_problem(name, inputs)));
  Result<TraceAnswer> answer = co_await try_trace(workshop, file);
  if (!answer && answer.error().fault != Fault::kInput) co_return tl::unexpected<Error>(answer.error());
  if (!answer || answer->untraceable) {
    found.fault = fmt::format("{}: {}", name, (answer ? *answer->untraceable : answer.error()).message);
    co_return found;
  }
  Graph graph = std::move(answer->traced.graph);
  const auto is_baked = [](const Input& input) { return input.baked && input.scalar_type != "none"; };
  if (calls.size() > 1 && std::any_of(graph.inputs.begin(), graph.inputs.end(), is_baked)) {
    found.fault = name + " is called with different numbers, and what it computes depends on them in Python: give it tensors";
    co_return found;
  }
  graph.name = name;
  found.graphs.push_back(std::move(graph));
  co_return found;
}

}  // namespace

Task<Result<GlueCheck>> check_glue(Workshop& workshop, Glue glue, std::filesystem::path original, std::filesystem::path file) {
  GlueCheck found;
  KA_CO_TRY(const std::string text, read_file(original));
  found.fault = broken_rule(glue, text);
  if (!found.fault.empty()) co_return found;
  std::vector<std::string> names = glue.parts();
  const std::filesystem::path folder = file.parent_path() / "parts";
  KA_CO_TRY(const FusedCheck check, co_await compare_rewritten(workshop, original, std::move(file), std::move(names)));
  if (!check.compared)
    co_return fail(Fault::kInput, "no rewritten program can be compared with the original: " + check.reason, original.string());
  found.fault = check.equal ? computed_outside(check.parts) : check.reason;
  if (!found.fault.empty()) co_return found;
  for (const Json& part : check.parts.value("parts", Json::array())) {
    KA_CO_TRY(GlueCheck one, co_await trace_part(workshop, glue, part, folder));
    if (!one.fault.empty()) co_return one;
    found.graphs.insert(found.graphs.end(), one.graphs.begin(), one.graphs.end());
  }
  if (found.graphs.empty()) found.fault = "no part was called";
  co_return found;
}

}  // namespace ka
