#include "run/judgement.h"

#include "base/file.h"
#include "base/text.h"
#include "run/run_directory.h"

namespace ka {

namespace fs = std::filesystem;

Result<Case> find_case(const Config& config, const std::string& what, const fs::path& problem) {
  if (is_file(what)) {
    if (problem.empty())
      return fail(Fault::kInput, "which problem does this file solve?", what, "name the reference with --problem FILE");
    KA_TRY(const std::string text, read_problem(problem));
    return Case{absolute_path(what), absolute_path(problem), config.mode};
  }
  if (what.ends_with(".py")) return fail(Fault::kInput, "there is no such file", what, "check the path");
  KA_TRY(const RunDirectory directory, RunDirectory::open(config.runs, what));
  KA_TRY(const Json run, directory.read_json("run.json"));
  const std::string program = "compose_out/composed_kernel.py";
  if (!directory.has(program))
    return fail(Fault::kInput, "this run has no composed program", directory.path().string(),
                fmt::format("`kernelagent run --resume {}` goes on with it", directory.id()));
  const fs::path original = problem.empty() ? fs::path(string_or(run, "problem_path")) : problem;
  KA_TRY(const std::string text, read_problem(original));
  const Json* settings = find(run, "settings");
  Case which{absolute_path(directory.file(program)), absolute_path(original), config.mode};
  if (settings != nullptr && config.origin.at("mode") != "flag") which.mode = string_or(*settings, "mode", config.mode);
  return which;
}

JudgeRequest judge_request(const Config& config, const Target& target, const Case& which) {
  JudgeRequest request;
  request.candidate = which.candidate;
  request.problem = which.problem;
  request.device = target.device;
  request.gpu = target.gpu;
  request.mode = which.mode;
  request.effort = config.effort;
  request.seed = config.judge_seed;
  request.timeout = config.timeout;
  return request;
}

Task<Result<Verdict>> verify_case(Workshop& workshop, Case which, std::function<void(std::string)> progress) {
  KA_CO_TRY(const Target target, co_await workshop.target());
  JudgeRequest request = judge_request(workshop.config(), target, which);
  request.progress = std::move(progress);
  WorkerPool& pool = workshop.pool();
  Result<Verdict> verdict = co_await judge(pool, std::move(request));
  co_return verdict;
}

Status can_time(const Workshop& workshop) {
  if (workshop.platform().timing) return {};
  return fail(Fault::kEnvironment, fmt::format("nothing can be timed on {}", workshop.platform().name), "",
              "bench needs a CUDA GPU: the interpreter's times say nothing about a kernel");
}

Task<Result<BenchTimes>> bench_case(Workshop& workshop, Case which, BenchChoice choice,
                                    std::function<void(std::string)> progress) {
  KA_CO_CHECK_OK(can_time(workshop));
  KA_CO_TRY(const Target target, co_await workshop.target());
  BenchRequest request;
  request.candidate = which.candidate;
  request.problem = which.problem;
  request.device = target.device;
  request.gpu = target.gpu;
  request.mode = which.mode;
  request.seconds = choice.seconds;
  request.against = std::move(choice.against);
  request.progress = std::move(progress);
  WorkerPool& pool = workshop.pool();
  Result<BenchTimes> times = co_await bench(pool, std::move(request));
  co_return times;
}

std::string bench_text(const BenchTimes& times) {
  std::string text = "median of a call, its 95 % interval, and how many times faster the Triton program is\n";
  const auto row = [&](std::string_view label, const ContenderTime& contender, std::string beside) {
    if (!contender.timed())
      text += fmt::format("  {:<16} not timed: {}\n", label, contender.failure);
    else
      text += fmt::format("  {:<16} {:>9.4f} ms  [{:.4f}, {:.4f}]{}\n", label, contender.time.median_ms, contender.time.low_ms,
                          contender.time.high_ms, beside);
    if (!contender.note.empty()) text += fmt::format("  {:<16} {}\n", "", contender.note);
  };
  row("Triton", times.candidate, "");
  for (const ContenderTime& baseline : times.baselines) {
    const std::string_view label = baseline.name == "compile" ? "torch.compile"
                                   : baseline.name == "self"  ? "Triton again"
                                                              : std::string_view(baseline.name);
    row(label, baseline, fmt::format("   {:.2f}×  {}", speedup(times, baseline), name(compare(times, baseline))));
  }
  const Json* clocks = find(times.conditions, "clocks");
  if (const Json* sm = clocks != nullptr ? find(*clocks, "sm_mhz") : nullptr; sm != nullptr && sm->size() == 2) {
    const Json* reasons = find(*clocks, "held_back_by");
    text += fmt::format("  SM clock {} to {} MHz{}\n", sm->front().dump(), sm->back().dump(),
                        reasons != nullptr && !reasons->empty() ? ", held back by " + compact(*reasons) : "");
  }
  if (const std::string disturbed = string_or(times.conditions, "disturbed"); !disturbed.empty())
    text += fmt::format("  disturbed: {}\n", disturbed);
  return text;
}

const OutputFigures* worst_output(const Verdict& verdict) {
  const OutputFigures* worst = nullptr;
  for (const TrialFigures& trial : verdict.trials)
    for (const OutputFigures& output : trial.outputs)
      if (worst == nullptr || !(output.bound_used <= worst->bound_used)) worst = &output;
  return worst;
}

std::string verdict_text(const Verdict& verdict) {
  std::string text = std::string(name(verdict.kind));
  if (!verdict.qualifier.empty()) text += fmt::format(" ({})", verdict.qualifier);
  if (!verdict.reason.empty()) text += ": " + verdict.reason;
  text += "\n";
  if (const OutputFigures* worst = worst_output(verdict)) {
    text += fmt::format("  error        rms {:.2g} against float64; PyTorch's own {:.2g}; {}\n", worst->rms_error,
                        worst->rms_reference, worst->name);
    text += fmt::format("  input sets   {}\n", verdict.trials.size());
  }
  if (!verdict.launched_kernels.empty()) text += fmt::format("  launched     {}\n", join(verdict.launched_kernels, ", "));
  if (const Json* ran = find(verdict.details, "gpu_kernels"); ran != nullptr && ran->is_array() && !ran->empty()) {
    std::vector<std::string> shown;
    for (const Json& kernel : *ran) shown.push_back(kernel.is_string() ? kernel.get<std::string>() : kernel.dump());
    text += fmt::format("  on the GPU   {}\n", join(shown, ", "));
  }
  std::vector<std::string> outside;  // what the interpreter does inside a launch is not the candidate's
  for (const std::string& used : verdict.allowed_operators)
    if (!used.ends_with(" in a launch")) outside.push_back(used);
  if (!outside.empty()) text += fmt::format("  PyTorch      {}\n", join(outside, ", "));
  if (const Json* notes = find(verdict.details, "notes"); notes != nullptr && notes->is_array())
    for (const Json& note : *notes)
      if (note.is_string()) text += fmt::format("  note         {}\n", note.get<std::string>());
  text += fmt::format("  took         {:.1f} s\n", verdict.seconds);
  return text;
}

}  // namespace ka
