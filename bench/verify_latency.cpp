// Measures how long the judge takes for a small kernel, `standard` effort, Triton's interpreter: warm (the zygote is there), with a fresh
// Python for every verification beside it in the same run, taking turns, and cold (the first of all). Prints the record as JSON.
//
//     build/release/verify_latency KERNEL.py PROBLEM.py [REPETITIONS]     ($KERNELAGENT_PYTHON, else python3)

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/build_info.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/judge.h"

namespace ka {
namespace {

constexpr int kRepetitions = 20;

std::unique_ptr<WorkerPool> make_pool(Loop& loop) {
  PoolOptions options;
  options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
  options.worker_path = worker_dir();
  return WorkerPool::create(loop, options);
}

/// Seconds of one verification; an error unless it is accepted.
Result<double> verify_once(Loop& loop, WorkerPool& pool, const JudgeRequest& request) {
  const Stopwatch watch;
  JudgeRequest mine = request;
  KA_TRY(const Verdict verdict, loop.run(judge(pool, std::move(mine))));
  if (!verdict.accepted())
    return fail(Fault::kInput, fmt::format("{}: {}", name(verdict.kind), verdict.reason), request.candidate.string());
  return watch.seconds();
}

/// The fields of /proc/PID/stat after the program's name.
std::vector<std::string> stat_of(const std::string& pid) {
  const std::string stat = read_file("/proc/" + pid + "/stat").value_or("");
  const size_t after = stat.rfind(") ");
  return after == std::string::npos ? std::vector<std::string>() : split(stat.substr(after + 2), ' ');
}

/// Processor seconds of every living process below ours and of those they have waited for: on a busy machine they say more than a clock.
double worker_seconds(Loop& loop) {
  loop.run(loop.sleep(std::chrono::milliseconds(300)));  // ended children are killed, then waited for
  std::map<std::string, std::vector<std::string>> all;
  const std::vector<std::string> names = list_dir("/proc").value_or(std::vector<std::string>{});
  for (const std::string& name : names) {
    if (name.find_first_not_of("0123456789") == std::string::npos) all[name] = stat_of(name);
  }
  const std::string self = std::to_string(::getpid());
  int64_t ticks = 0;
  for (const auto& [pid, fields] : all) {
    if (fields.size() < 15) continue;
    std::string ancestor = fields[1];
    while (ancestor != self && all.contains(ancestor) && all.at(ancestor).size() > 1) ancestor = all.at(ancestor)[1];
    if (ancestor != self) continue;
    for (const size_t field : {11, 12, 13, 14}) ticks += std::stoll(fields[field]);
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Json figures(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto ms = [&](size_t place) { return static_cast<int64_t>(seconds[place] * 1e3 + 0.5); };
  return Json{
      {"median_ms", ms(seconds.size() / 2)}, {"least_ms", ms(0)}, {"most_ms", ms(seconds.size() - 1)}, {"of", seconds.size()}};
}

Result<Json> measure(const JudgeRequest& request, int repetitions) {
  Loop loop;
  const std::unique_ptr<WorkerPool> pool = make_pool(loop);
  KA_TRY(const double cold, verify_once(loop, *pool, request));
  KA_TRY(const Json versions, loop.run(pool->versions()));
  std::vector<double> warm, processor, fresh;
  for (int i = 0; i < repetitions; ++i) {
    const double before = worker_seconds(loop);
    KA_TRY(const double with_zygote, verify_once(loop, *pool, request));
    warm.push_back(with_zygote);
    processor.push_back(worker_seconds(loop) - before);
    const std::unique_ptr<WorkerPool> other = make_pool(loop);
    KA_TRY(const double with_fresh_python, verify_once(loop, *other, request));
    fresh.push_back(with_fresh_python);
  }
  double load[1] = {0};
  static_cast<void>(::getloadavg(load, 1));
  return Json{{"format", "kernelagent-verify-latency"},
              {"date", utc_timestamp().substr(0, 10)},
              {"commit", commit()},
              {"kernel", request.candidate.filename().string()},
              {"effort", name(request.effort)},
              {"machine", Json{{"device", "cpu, Triton's interpreter"},
                               {"versions", versions},
                               {"sandbox", pool->sandbox_level()},
                               {"load", load[0]}}},
              {"warm", figures(warm)},
              {"warm_processor", figures(processor)},
              {"fresh_python", figures(fresh)},
              {"cold_ms", static_cast<int64_t>(cold * 1e3 + 0.5)}};
}

}  // namespace
}  // namespace ka

int main(int count, char** words) {
  if (count < 3) {
    fmt::print(stderr, "verify_latency KERNEL.py PROBLEM.py [REPETITIONS]\n");
    return 2;
  }
  ka::JudgeRequest request;
  request.candidate = words[1];
  request.problem = words[2];
  const ka::Result<ka::Json> record = ka::measure(request, count > 3 ? std::atoi(words[3]) : ka::kRepetitions);
  if (!record) {
    fmt::print(stderr, "{}\n", ka::to_text(record.error()));
    return ka::exit_code(record.error().fault);
  }
  fmt::print("{}", ka::pretty(*record));
  return 0;
}
