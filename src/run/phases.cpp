#include "run/phases.h"

#include <algorithm>
#include <map>

#include "base/build_info.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "codegen/author.h"
#include "compose/compose.h"
#include "compose/fused_code.h"
#include "judge/certificate.h"
#include "judge/judge.h"
#include "plan/artifacts.h"
#include "plan/pytorch_text.h"
#include "run/fused_check.h"
#include "run/judgement.h"
#include "run/launch_graph.h"
#include "run/package.h"
#include "run/refactor.h"
#include "run/replay.h"
#include "run/tie.h"
#include "run/trace.h"
#include "run/user_check.h"

namespace ka {
namespace {

constexpr const char* kFusedCode = "fused_code.py";
constexpr const char* kProgram = "compose_out/composed_kernel.py";
constexpr const char* kSummary = "compose_out/summary.json";
constexpr const char* kCertificate = "compose_out/certificate.json";

/// "float32[24, 32]"; "float32[]" for a 0-d tensor.
std::string short_type(const TensorType& type) { return fmt::format("{}[{}]", name(type.dtype), fmt::join(type.sizes(), ", ")); }

std::string types_of(const Graph& graph, const std::vector<ValueId>& values) {
  std::vector<std::string> types;
  types.reserve(values.size());
  for (ValueId id : values) types.push_back(short_type(graph.type(id)));
  if (types.size() > 3) types.resize(3), types.push_back("…");
  return join(types, ", ");
}

size_t unique_count(const Plan& plan) {
  size_t count = 0;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) count += plan.subgraphs[i].representative == static_cast<int>(i);
  return count;
}

}  // namespace

Phases::Phases(RunContext& context, std::filesystem::path problem, std::string problem_text)
    : context_(context),
      problem_(std::move(problem)),
      problem_text_(std::move(problem_text)),
      when_to_replay_(context.workshop.config().launch_graph) {}

void Phases::begin(Phase phase) {
  clock_ = Stopwatch();
  context_.events.emit(PhaseStarted{std::string(name(phase))});
}

void Phases::end(Phase phase, std::string summary, bool reused) {
  context_.events.emit(PhaseFinished{std::string(name(phase)), std::move(summary), clock_.seconds(), reused});
}

std::string Phases::from(std::initializer_list<std::string_view> texts) const {
  Json all = {version(), commit(), context_.machine, context_.workshop.config().mode};
  for (std::string_view text : texts) all.push_back(text);
  return sha256(compact(all));
}

RunFinished Phases::stopped(Phase after) const {
  return RunFinished{"stopped", fmt::format("Stopped after {}, as asked.", name(after)), {}, {}, {}, {}, 0};
}

Task<Result<RunFinished>> Phases::run(Phase until) {
  const std::filesystem::path& test = context_.workshop.config().test;
  if (!test.empty() && !is_file(test))
    co_return fail(Fault::kInput, "there is no such test", test.string(), "--test names a Python file");
  KA_CO_CHECK_OK(co_await trace());
  if (until == Phase::kTrace || until == Phase::kRefactor) co_return stopped(until);
  KA_CO_CHECK_OK(co_await route());
  if (until == Phase::kRoute) co_return stopped(until);
  const RouterCache cache(context_.workshop.config(), std::string(context_.workshop.platform().name), graphs_);
  RunFinished end;
  for (size_t i = 0; i < route_.ways.size(); ++i) {
    way_ = route_.ways[i];
    KA_CO_TRY(end, co_await follow(until));
    if (end.status == "accepted") cache.keep(way_, context_.directory.id());
    if (end.status != "not_verified" || i + 1 == route_.ways.size()) break;
    if (subgraph_count() <= plans_.size()) break;  // the other way would ask the same authors for the same kernel
    context_.events.emit(
        Warned{fmt::format("{} led to no accepted program: {}; trying {}", name(way_), end.message, name(route_.ways[i + 1]))});
  }
  co_return end;
}

Task<Status> Phases::trace() {
  begin(Phase::kTrace);
  const std::string start = from({"trace", problem_text_, worker_digest(context_.workshop.config().worker)});
  const bool reused = context_.directory.is_finished("trace", start);
  if (reused) {
    KA_CO_TRY(const Json json, context_.directory.read_json("graph.json"));
    KA_CO_TRY(Graph kept, graph_from_json(json));
    graphs_.push_back(std::move(kept));
  } else {
    const std::filesystem::path path = problem_;
    KA_CO_TRY(TraceAnswer answer, co_await try_trace(context_.workshop, path));
    const bool asked = context_.workshop.config().route == "refactor";
    if (answer.untraceable || asked) {
      Error reason = answer.untraceable ? *answer.untraceable : Error{Fault::kInput, "it is to be split into modules", {}, {}};
      co_return co_await refactor(std::move(reason));
    }
    graphs_.push_back(std::move(answer.traced.graph));
    for (const std::string& warning : answer.traced.warnings) context_.events.emit(Warned{warning});
    KA_CO_CHECK_OK(context_.directory.write("graph.json", pretty(to_json(graphs_.front()))));
    KA_CO_CHECK_OK(context_.directory.finish("trace", start, {"graph.json"}));
  }
  end(Phase::kTrace, summary(graphs_.front()), reused);
  co_return Status();
}

/// A model rewrites a program that cannot be traced; from here on its graph stands for the original's.
Task<Status> Phases::refactor(Error reason) {
  if (context_.team.models == nullptr) {
    reason.hint += "; or let a model rewrite it (--model NAME)";
    co_return tl::unexpected<Error>(std::move(reason));
  }
  end(Phase::kTrace, reason.message);
  begin(Phase::kRefactor);
  RefactorRequest request{problem_, problem_text_, reason.message};
  KA_CO_TRY(Refactored refactored, co_await refactor_problem(context_, std::move(request)));
  graphs_ = std::move(refactored.graphs);
  glue_ = std::move(refactored.glue);
  refactored_ = true;
  std::string what = summary(graphs_.front());
  if (glue_.empty()) {
    KA_CO_CHECK_OK(context_.directory.write("graph.json", pretty(to_json(graphs_.front()))));
  } else {
    std::vector<std::string> names;
    for (const Graph& graph : graphs_) names.push_back(graph.name);
    what = "Python glue between " + join(names, ", ");
  }
  end(Phase::kRefactor, fmt::format("{}, found equal to the original; {}", kRefactoredCode, what), refactored.reused);
  co_return Status();
}

Task<Status> Phases::route() {
  begin(Phase::kRoute);
  const Config& config = context_.workshop.config();
  route_ = choose_route(graphs_, problem_text_, config);
  route_.refactored = refactored_;
  RouterCache(config, std::string(context_.workshop.platform().name), graphs_).remind(route_);
  std::string text = problem_text_;
  KA_CO_CHECK_OK(co_await break_tie(context_, std::move(text), &route_));
  KA_CO_CHECK_OK(context_.directory.write("route.json", pretty(to_json(route_))));
  if (route_.ways.empty()) co_return tl::unexpected<Error>(refusal(route_, problem_.string()));
  end(Phase::kRoute, route_.reason);
  co_return Status();
}

std::vector<Author*> Phases::authors() const {
  if (way_ == Way::kAgent) return {context_.team.find("agent")};
  std::vector<Author*> all;
  for (const std::unique_ptr<Author>& author : context_.team.authors) all.push_back(author.get());
  return all;
}

PlanTerms Phases::plan_terms() const {
  return {way_ == Way::kCodegen ? Unemitted::kRefuse : Unemitted::kLeave, context_.workshop.config().no_pass};
}

Task<Status> Phases::plan() {
  begin(Phase::kPlan);
  const PlanTerms terms = plan_terms();
  joined_.clear();
  plans_.clear();
  size_t operators = 0, unique = 0;
  for (const Graph& graph : graphs_) {
    KA_CO_TRY(Plan plan, way_ == Way::kAgent ? make_whole_plan(graph) : make_plan(graph, terms));
    number_from(plan, subgraph_count() + 1);
    operators += graph.nodes.size();
    unique += unique_count(plan);
    plans_.push_back(std::move(plan));
  }
  KA_CO_CHECK_OK(keep_plan());
  KA_CO_CHECK_OK(co_await check_fused());
  const size_t all = subgraph_count();
  std::string text = fmt::format("{} for {}", plural(static_cast<int64_t>(all), "subgraph"),
                                 plural(static_cast<int64_t>(operators), "operator"));
  if (unique < all) text += fmt::format(", {} of them different", unique);
  end(Phase::kPlan, text);
  for (const Plan& plan : plans_) announce_plan(plan);
  co_return Status();
}

size_t Phases::subgraph_count() const {
  size_t count = 0;
  for (const Plan& plan : plans_) count += plan.subgraphs.size();
  return count;
}

/// Where glue joins parts, each part has a plan, and the rewritten program itself stands for fused_code.py and its picture.
Status Phases::keep_plan() {
  const RunDirectory& directory = context_.directory;
  Json subgraphs = Json::array();
  std::string text;
  for (const Plan& plan : plans_) {
    KA_TRY(const Json mine, parse_json(subgraphs_json(plan), "subgraphs.json"));
    subgraphs.insert(subgraphs.end(), mine.begin(), mine.end());
    text += (text.empty() ? "" : "\n") + plan_text(plan);
  }
  KA_CHECK_OK(directory.write("subgraphs.json", pretty(subgraphs)));
  KA_CHECK_OK(directory.write("plan.txt", text));
  if (!glue_.empty()) return {};
  KA_TRY(const std::string fused, fused_code(plans_.front(), problem_text_, problem_.string()));
  KA_CHECK_OK(directory.write(kFusedCode, fused));
  KA_TRY(const std::string package, tar_gz({{"code.py", fused}}));
  if (!refactored_) KA_CHECK_OK(directory.write("orchestrator/code.py.tgz", package));  // else the rewritten program is in it
  if (const Result<std::string> picture = plan_svg(plans_.front())) {
    KA_CHECK_OK(directory.write("plan.svg", *picture));
  } else {
    context_.events.emit(Warned{"no picture of the plan: " + picture.error().message});
  }
  return {};
}

void Phases::announce(const Plan& plan, const Subgraph& subgraph, int64_t count) {
  const Subgraph& s = subgraph;
  context_.events.emit(
      SubgraphPlanned{s.id, s.title, s.type, types_of(plan.graph, s.inputs), types_of(plan.graph, s.outputs), count});
}

void Phases::announce_plan(const Plan& plan) {
  std::vector<int64_t> counts(plan.subgraphs.size(), 0);
  for (const Subgraph& subgraph : plan.subgraphs) ++counts[static_cast<size_t>(subgraph.representative)];
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& s = plan.subgraphs[i];
    if (s.representative != static_cast<int>(i)) continue;
    announce(plan, s, counts[i]);
  }
  const auto id = [&](int index) { return index == kNone ? std::string() : plan.subgraphs[static_cast<size_t>(index)].id; };
  for (const Cut& cut : plan.cuts)
    context_.events.emit(
        CutMade{id(cut.producer), id(cut.consumer), cut.value == kNone ? "" : plan.graph.value(cut.value).name, cut.reason});
}

Task<Status> Phases::check_fused() {
  if (!context_.workshop.config().fused_check || !glue_.empty()) co_return Status();
  KA_CO_TRY(const std::string fused, context_.directory.read(kFusedCode));
  const std::string start = from({"fused", problem_text_, fused});
  if (context_.directory.is_finished("fused", start)) co_return Status();
  context_.events.emit(Progressed{"plan", "comparing fused_code.py with the original"});
  const std::filesystem::path problem = absolute_path(problem_), file = absolute_path(context_.directory.file(kFusedCode));
  KA_CO_TRY(const FusedCheck check, co_await compare_fused(context_.workshop, problem, file));
  if (!check.equal) {
    const char* what =
        check.compared ? "fused_code.py does not equal the original" : "fused_code.py was not compared with the original";
    context_.events.emit(Warned{fmt::format("{}: {}", what, check.reason)});
    co_return Status();
  }
  KA_CO_CHECK_OK(context_.directory.finish("fused", start, {kFusedCode}));
  co_return Status();
}

Task<Result<RunFinished>> Phases::write(DispatchTerms terms) {
  begin(Phase::kWrite);
  KA_CO_TRY(outcomes_, co_await dispatch(context_, plans_, authors(), terms));
  if (may_fuse()) {
    KA_CO_CHECK_OK(co_await fuse());
    if (!joined_.empty()) {
      KA_CO_TRY(outcomes_, co_await dispatch(context_, plans_, authors(), terms));
    }
  }
  int64_t failures = 0;
  std::string first;
  for (const SubgraphOutcome& outcome : outcomes_) {
    if (outcome.success) continue;
    if (failures++ == 0) first = fmt::format("{}: {}", outcome.id, outcome.message);
  }
  RunFinished finished;
  if (failures > 0) {
    finished.status = "not_verified";
    finished.message = fmt::format("{} no accepted kernel; {}", plural(failures, "subgraph has", "subgraphs have"), first);
    finished.hint =
        fmt::format("look at the candidates and at what the judge said: {}", context_.directory.file("kernels_out").string());
    co_return finished;
  }
  const auto judged = std::count_if(outcomes_.begin(), outcomes_.end(), [](const SubgraphOutcome& one) { return one.judged; });
  const auto unjudged = static_cast<int64_t>(outcomes_.size()) - judged;
  std::string summary = judged > 0 || unjudged == 0 ? fmt::format("{} accepted", plural(judged, "kernel")) : "";
  if (unjudged > 0)
    summary += fmt::format("{}{} to be judged in the program", judged > 0 ? ", " : "", plural(unjudged, "kernel"));
  end(Phase::kWrite, summary);
  co_return finished;
}

Task<Status> Phases::compose() {
  begin(Phase::kCompose);
  std::map<std::string, const Kernel*> by_id;
  for (const SubgraphOutcome& outcome : outcomes_) by_id[outcome.id] = &outcome.kernel;
  std::vector<ComposedPart> parts;
  for (const Plan& plan : plans_) {
    ComposedPart part{plan.traced.name, &plan, {}};
    for (const Subgraph& subgraph : plan.subgraphs)
      part.kernels.push_back(*by_id.at(plan.subgraphs[static_cast<size_t>(subgraph.representative)].id));
    parts.push_back(std::move(part));
  }
  if (glue_.empty()) {
    KA_CO_TRY(const Target target, co_await context_.workshop.target());
    const Decision replay = choose_launch_graph(when_to_replay_, plans_.front(), parts.front().kernels, target);
    KA_CO_TRY(program_, compose_program(plans_.front(), parts.front().kernels, problem_text_, problem_.string(), bool(replay)));
  } else {
    KA_CO_TRY(const Glue glue, Glue::read(glue_, problem_text_, kRefactoredCode));
    for (const std::string& name : glue.parts()) {
      const auto is_it = [&](const ComposedPart& part) { return part.name == name; };
      if (std::none_of(parts.begin(), parts.end(), is_it)) parts.push_back({name, nullptr, {}});
    }
    KA_CO_TRY(program_, compose_glue(glue, parts, problem_text_, problem_.string()));
  }
  KA_CO_CHECK_OK(context_.directory.write(kProgram, program_));
  end(Phase::kCompose, fmt::format("{}, {} from {}", kProgram, plural(static_cast<int64_t>(subgraph_count()), "call"),
                                   plural(static_cast<int64_t>(outcomes_.size()), "kernel")));
  co_return Status();
}

Task<Result<RunFinished>> Phases::judge() {
  begin(Phase::kJudge);
  const Config& config = context_.workshop.config();
  std::string test_text;
  if (!config.test.empty()) {
    KA_CO_TRY(test_text, read_file(config.test));
  }
  const std::string start =
      from({"judge", problem_text_, program_, judge_version(), name(config.effort), worker_digest(config.worker), test_text});
  RunFinished finished;
  finished.program = context_.directory.file(kProgram).string();
  finished.certificate = context_.directory.file(kCertificate).string();
  Verdict verdict;
  if (context_.directory.is_finished("judge", start)) {
    KA_CO_TRY(const Json json, context_.directory.read_json("compose_out/verdict.json"));
    KA_CO_TRY(verdict, verdict_from_json(json));
  } else {
    EventStream* const events = &context_.events;
    std::function<void(std::string)> progress = [events](const std::string& step) { events->emit(Progressed{"judge", step}); };
    const Case which{absolute_path(context_.directory.file(kProgram)), absolute_path(problem_), config.mode};
    KA_CO_TRY(verdict, co_await verify_case(context_.workshop, which, std::move(progress)));
    if (verdict.accepted() && !config.test.empty()) {
      context_.events.emit(Progressed{"judge", "running your test"});
      KA_CO_CHECK_OK(co_await apply_user_test(context_.workshop, which, &verdict));
    }
    KA_CO_CHECK_OK(context_.directory.write("compose_out/verdict.json", pretty(to_json(verdict))));
    Json summary;
    summary["success"] = verdict.accepted();
    summary["verdict"] = name(verdict.kind);
    summary["qualifier"] = verdict.qualifier;
    summary["reason"] = verdict.reason;
    summary["composed_path"] = kProgram;
    summary["kernels"] = outcomes_.size();
    summary["subgraphs"] = subgraph_count();
    summary["worst_bound_used"] = number_to_json(verdict.worst_bound_used());
    summary["target_platform"] = context_.workshop.platform().name;
    KA_CO_CHECK_OK(context_.directory.write(kSummary, pretty(summary)));
    KA_CO_TRY(const Target target, co_await context_.workshop.target());
    KA_CO_TRY(const Issuer here, co_await issuer(context_.workshop));
    KA_CO_TRY(const Json paper, make_certificate(judge_request(config, target, which), verdict, here));
    KA_CO_CHECK_OK(context_.directory.write(kCertificate, pretty(paper)));
    // A refusal is looked at again when the run is resumed: what refused may have been the machine.
    if (verdict.accepted())
      KA_CO_CHECK_OK(context_.directory.finish("judge", start, {kProgram, kSummary, kCertificate, "compose_out/verdict.json"}));
  }
  // Last, so that it is there only when everything it names is.
  KA_CO_TRY(const std::vector<std::filesystem::path> artifacts, artifacts_of(context_.directory.path()));
  KA_CO_CHECK_OK(write_manifest(context_.directory.file(kRunManifest), artifacts));
  announce_verdict(verdict);
  finished.status = verdict.accepted() ? "accepted" : "not_verified";
  finished.message = verdict.accepted() ? "" : fmt::format("the judge says {}: {}", name(verdict.kind), verdict.reason);
  verdict_ = std::move(verdict);
  co_return finished;
}

void Phases::announce_verdict(const Verdict& verdict) {
  ProgramJudged event{std::string(name(verdict.kind)),
                      verdict.qualifier,
                      verdict.reason,
                      static_cast<int64_t>(verdict.trials.size()),
                      static_cast<int64_t>(outcomes_.size()),
                      0,
                      0,
                      verdict.worst_bound_used(),
                      verdict.seconds};
  if (const OutputFigures* worst = worst_output(verdict))
    event.rms_error = worst->rms_error, event.rms_reference = worst->rms_reference;
  context_.events.emit(event);
}

}  // namespace ka
