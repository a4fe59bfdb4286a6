#include "judge/facts.h"

#include <algorithm>

#include "base/text.h"
#include "ir/types.h"
#include "judge/numerics.h"

namespace ka {
namespace {

tl::unexpected<Error> misshapen(std::string_view field) {
  return fail(Fault::kInternal, fmt::format("the reference's reply has no valid \"{}\"", field));
}

bool are_integers(const Json* list) {
  return list != nullptr && list->is_array() && std::all_of(list->begin(), list->end(), [](const Json& item) {
           return item.is_number_integer() && item.get<int64_t>() >= 0;
         });
}

constexpr int64_t kMostElements = int64_t{1} << 48;  ///< more than any machine holds

bool is_type(const Json& type) {
  const Json* shape = find(type, "shape");
  if (!parse_dtype(string_or(type, "dtype")) || !are_integers(shape)) return false;
  int64_t count = 1;
  for (const Json& extent : *shape) {
    if (__builtin_mul_overflow(count, extent.get<int64_t>(), &count) || count > kMostElements) return false;
  }
  return true;
}

int64_t element_count(const Json& type) {
  int64_t count = 1;
  for (const Json& extent : *find(type, "shape")) count *= extent.get<int64_t>();
  return count;
}

int64_t byte_count(const Json& type) { return element_count(type) * byte_size(*parse_dtype(string_or(type, "dtype"))); }

}  // namespace

double ProblemFacts::judging_bytes() const {
  constexpr double kContexts = 2.5e9;
  return kContexts + 4 * static_cast<double>(peak_bytes) + 3 * static_cast<double>(input_bytes + state_bytes) +
         6 * static_cast<double>(result_bytes);
}

double ProblemFacts::timing_bytes(size_t contenders, int sets) const {
  constexpr double kContext = 0.8e9;  // with the buffer that is written before every call
  constexpr double kOfPeak = 1.3;     // a graph's pool, and what a compiler tries
  const double each = kContext + kOfPeak * static_cast<double>(peak_bytes) + static_cast<double>(state_bytes);
  return static_cast<double>(contenders + 1) * each + kContext + sets * static_cast<double>(input_bytes) +
         static_cast<double>(state_bytes + 2 * result_bytes);
}

Result<ProblemFacts> read_facts(const Json& reply) {
  ProblemFacts facts;
  const Json *inputs = find(reply, "inputs"), *state = find(reply, "state"), *outputs = find(reply, "outputs"),
             *mutations = find(reply, "mutations");
  if (inputs == nullptr || !inputs->is_array()) return misshapen("inputs");
  for (const Json& input : *inputs) {
    ProblemInput read;
    if (const Json* type = find(input, "tensor")) {
      if (!is_type(*type) || !are_integers(find(*type, "stride"))) return misshapen("inputs");
      read.tensor = *type;
      facts.input_types[std::to_string(facts.inputs.size())] = *type;
      facts.input_bytes += byte_count(*type);
    } else {
      read.scalar = input;
    }
    facts.inputs.push_back(std::move(read));
  }
  if (state == nullptr || !state->is_object()) return misshapen("state");
  for (const auto& [name, type] : state->items()) {
    if (!is_type(type)) return misshapen("state");
    facts.state_types[name] = type;
    facts.state_bytes += byte_count(type);
  }
  if (outputs == nullptr || !outputs->is_array()) return misshapen("outputs");
  for (const Json& type : *outputs) {
    if (!is_type(type)) return misshapen("outputs");
    facts.results[fmt::format("output.{}", facts.results.size())] = type;
  }
  if (mutations == nullptr || !mutations->is_object()) return misshapen("mutations");
  for (const auto& [name, type] : mutations->items()) {
    if (!is_type(type)) return misshapen("mutations");
    facts.results[name] = type;
    facts.mutations.push_back(name);
  }
  if (facts.results.empty())
    return fail(Fault::kInput, "the problem returns no tensor and changes none: there is nothing to compare");
  for (const auto& [name, type] : facts.results) facts.result_bytes += byte_count(type);
  facts.peak_bytes = int_or(reply, "peak_bytes");
  facts.memory_bytes = int_or(reply, "memory_bytes");
  facts.capability = int_or(reply, "capability");
  if (const Json* init = find(reply, "init_inputs")) facts.init_inputs = *init;
  if (const Json* random = find(reply, "random_operators")) facts.random_operators = *random;
  return facts;
}

Status check_call(const Json& reply, const ProblemFacts& facts) {
  const Json *outputs = find(reply, "outputs"), *aliases = find(reply, "aliases"), *refused = find(reply, "refused");
  if (outputs == nullptr || !outputs->is_array()) return misshapen("outputs");
  if (find(reply, "tree") == nullptr) return misshapen("tree");
  if (aliases == nullptr || !aliases->is_array()) return misshapen("aliases");
  const size_t expected = facts.results.size() - facts.mutations.size();
  bool same = outputs->size() == expected && (refused == nullptr || refused->empty());
  for (size_t i = 0; same && i < expected; ++i) {
    const Json &now = (*outputs)[i], &then = facts.results.at(fmt::format("output.{}", i));
    if (!is_type(now) || !are_integers(find(now, "stride"))) return misshapen("outputs");
    same = *find(now, "dtype") == *find(then, "dtype") && *find(now, "shape") == *find(then, "shape");
  }
  if (!same)
    return fail(Fault::kInput, "the problem's results have other types from call to call", {}, "their shapes must be fixed");
  return {};
}

std::vector<ProblemBranch> read_branches(const Json& reply) {
  std::vector<ProblemBranch> branches;
  const Json* list = find(reply, "branches");
  if (list == nullptr || !list->is_array()) return branches;
  for (const Json& one : *list) {
    ProblemBranch branch{int_or(one, "line"), shorten(first_line(string_or(one, "text")), 120), false, false};
    branch.taken = bool_or(one, "taken"), branch.not_taken = bool_or(one, "not_taken");
    branches.push_back(std::move(branch));
  }
  return branches;
}

Json to_json(const ProblemBranch& branch) {
  return {{"line", branch.line}, {"text", branch.text}, {"taken", branch.taken}, {"not_taken", branch.not_taken}};
}

ProblemSize ProblemFacts::size() const {
  ProblemSize size;
  size.state_bytes = state_bytes;
  size.floating_inputs = size.can_rearrange = false;
  for (const ProblemInput& input : inputs) {
    if (!input.tensor) {
      size.floating_inputs = size.floating_inputs || string_or(input.scalar, "type") == "float";
      continue;
    }
    const int64_t elements = element_count(*input.tensor);
    size.largest_input = std::max(size.largest_input, elements);
    size.floating_inputs = size.floating_inputs || unit_roundoff(string_or(*input.tensor, "dtype")) > 0;
    size.can_rearrange = size.can_rearrange || elements > 1;
  }
  // Random numbers fall on elements in memory order, which other strides change.
  if (random_operators.is_array() && !random_operators.empty()) size.can_rearrange = false;
  return size;
}

Json contiguous_type(const Json& type, const std::string& dtype) {
  Json plain = Json::object();
  plain["dtype"] = dtype;
  plain["shape"] = *find(type, "shape");
  return plain;
}

}  // namespace ka
