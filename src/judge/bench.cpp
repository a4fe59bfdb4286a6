#include "judge/bench.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "judge/race.h"

namespace ka {
namespace {

constexpr std::array<std::string_view, 5> kBaselines = {"eager", "compile", "reduce-overhead", "max-autotune", "self"};

Json to_json(const ContenderTime& contender) {
  Json json = Json::object();
  json["name"] = contender.name;
  if (!contender.failure.empty()) {
    json["failure"] = contender.failure;
    return json;
  }
  json.update(to_json(contender.time));
  json["clock"] =
      Json{{"events_ms", contender.clock.events_ms}, {"wall_ms", contender.clock.wall_ms}, {"agree", contender.clock.agree}};
  if (!contender.note.empty()) json["note"] = contender.note;
  return json;
}

}  // namespace

std::span<const std::string_view> baseline_names() { return kBaselines; }

std::vector<std::string> baselines_of(Effort effort) {
  std::vector<std::string> names = {"eager", "compile", "reduce-overhead"};
  if (effort == Effort::kThorough) names.push_back("max-autotune");
  return names;
}

Result<std::vector<std::string>> parse_baselines(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string& part : split(text, ',')) {
    const std::string name(trim(part));
    if (std::find(kBaselines.begin(), kBaselines.end(), name) == kBaselines.end())
      return fail(Fault::kInput, fmt::format("there is no baseline '{}'", name), "--against",
                  fmt::format("use some of {}", fmt::join(kBaselines, ",")));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

const ContenderTime* BenchTimes::baseline(std::string_view name) const {
  const auto found = std::find_if(baselines.begin(), baselines.end(), [&](const ContenderTime& one) { return one.name == name; });
  return found == baselines.end() ? nullptr : &*found;
}

double speedup(const BenchTimes& times, const ContenderTime& baseline) {
  return times.candidate.timed() && baseline.timed() ? baseline.time.median_ms / times.candidate.time.median_ms : 0;
}

Comparison compare(const BenchTimes& times, const ContenderTime& baseline) {
  return compare(times.candidate.time, baseline.time);
}

Json to_json(const BenchTimes& times) {
  Json json = Json::object();
  json["candidate"] = to_json(times.candidate);
  json["baselines"] = Json::array();
  for (const ContenderTime& baseline : times.baselines) {
    Json row = to_json(baseline);
    if (times.candidate.timed() && baseline.timed()) {
      row["speedup"] = speedup(times, baseline);
      row["candidate_is"] = name(compare(times, baseline));
    }
    json["baselines"].push_back(std::move(row));
  }
  json["conditions"] = times.conditions;
  return json;
}

Task<Result<BenchTimes>> bench(WorkerPool& pool, BenchRequest request) {
  {
    Race beside_others(pool, request, false);
    Result<BenchTimes> times = co_await beside_others.run();
    if (request.gpu.empty() || !beside_others.was_short_of_memory()) co_return times;
  }
  if (request.progress) request.progress("the GPU's memory did not suffice beside others; timed again, alone");
  Race race(pool, std::move(request), true);
  Result<BenchTimes> times = co_await race.run();
  co_return times;
}

}  // namespace ka
