#include "llm/models.h"

#include <random>
#include <regex>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "llm/prices.h"
#include "llm/provider_table.h"
#include "llm/purse.h"
#include "llm/reply_store.h"
#include "llm/retry.h"
#include "llm/transcript.h"

namespace ka {
namespace {

/// A service with what all its callers share.
struct Service {
  Service(Loop& loop, HttpClient& http, const Endpoint& where, const ModelSettings& settings)
      : endpoint(where),
        row(*provider_table().find(where.provider)),
        provider(make_provider(row, {loop, http, where, settings})),
        seats(loop, settings.parallel),
        pace(settings.requests_per_minute) {}

  const Endpoint& endpoint;
  const ProviderRow& row;
  std::unique_ptr<Provider> provider;
  Semaphore seats;
  Pace pace;
};

/// A name taken apart.
struct Target {
  Service* service;
  std::string full, bare;
};

class ModelsOnLoop;

/// One call's place in the account: what is set aside for it while it runs, and its line at the end, also when it is cancelled.
class Account {
 public:
  Account(ModelsOnLoop& models, const Need& need) : models_(models), need_(need) {}
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  ~Account();
  /// Computes what the usage so far costs.
  void price() {
    if (need_.price) entry.usd = need_.price->of(entry.usage);
  }
  /// Ends the call; writes its line.
  Status close();

  LedgerEntry entry;
  bool sent = false;  ///< an attempt was made: the call has a line

 private:
  ModelsOnLoop& models_;
  Need need_;
  bool open_ = true;
};

class ModelsOnLoop : public Models {
 public:
  ModelsOnLoop(Loop& loop, ModelSettings settings, PriceTable prices, Ledger ledger)
      : loop_(loop),
        settings_(std::move(settings)),
        prices_(std::move(prices)),
        ledger_(std::move(ledger)),
        store_(settings_.directory.empty() ? settings_.directory : settings_.directory / "llm_calls"),
        purse_(settings_.budget),
        settled_(loop),
        http_(loop) {
    for (const Endpoint& endpoint : settings_.endpoints)
      services_.push_back(std::make_unique<Service>(loop_, http_, endpoint, settings_));
  }

  Task<Result<ModelReply>> ask(ModelRequest request) override {
    KA_CO_TRY(const Target target, resolve(request.model));
    KA_CO_CHECK_OK(check(request, target));
    const Stopwatch watch;
    const std::string key = store_.next_key(target.full, request);
    request.digest = request_digest(request);
    request.model = target.bare;
    if (auto stored = store_.load(key)) {
      ledger_.count_reused();
      target.service->provider->already_answered(request);
      if (request.on_text) request.on_text(stored->text);
      co_return std::move(*stored);
    }
    KA_CO_CHECK_OK(check_access(*target.service));

    Need need = need_of(request, target);
    KA_CO_TRY(const int64_t longest, co_await room_for(need));
    need.output = longest;
    purse_.set_aside(need);
    Account account(*this, need);
    account.entry.call = key;
    account.entry.purpose = request.purpose;
    account.entry.model = target.full;

    ModelRequest limited = request;
    if (purse_.limits_tokens()) limited.max_tokens = longest;
    if (limited.reasoning.empty()) limited.reasoning = settings_.reasoning;
    CallResult outcome = co_await attempts(target.service, std::move(limited), &account);
    account.entry.seconds = watch.seconds();
    if (!outcome) {
      account.entry.outcome = "failed: " + outcome.error().error.message;
      account.entry.call.clear();
      KA_CO_CHECK_OK(account.close());
      co_return tl::unexpected(name_the_call(std::move(outcome.error().error), target.full, account.entry.attempts));
    }
    outcome->seconds = watch.seconds();
    outcome->text = target.service->endpoint.key.scrub(std::move(outcome->text));
    account.entry.outcome = "reply";
    account.entry.finish = outcome->finish;
    account.entry.time = utc_timestamp();
    account.price();
    KA_CO_CHECK_OK(store_.save(key, target.full, request, *outcome, account.entry));
    KA_CO_CHECK_OK(account.close());
    if (!settings_.record.empty()) KA_CO_CHECK_OK(append_file(settings_.record, transcript_line(request, target.full, *outcome)));
    co_return std::move(*outcome);
  }

  std::optional<std::string> spent() const override { return spent_; }

  Result<std::string> full_name(const std::string& model) const override {
    KA_TRY(const Target target, resolve(model));
    return target.full;
  }

  Task<Result<std::string>> probe(std::string prefix) override {
    for (const auto& service : services_) {
      if (service->endpoint.prefix != prefix) continue;
      KA_CO_CHECK_OK(check_access(*service));
      auto answer = co_await service->provider->probe();
      co_return answer;
    }
    co_return fail(Fault::kInput, fmt::format("no service is called '{}'", prefix), {}, "kernelagent models lists them");
  }

  const Ledger& ledger() const override { return ledger_; }
  const ModelSettings& settings() const override { return settings_; }

 private:
  friend class Account;

  Result<Target> resolve(std::string model) const {
    for (int hop = 0; hop < 8; ++hop) {
      const auto alias = settings_.aliases.find(model);
      if (alias == settings_.aliases.end()) break;
      model = alias->second;
    }
    const std::size_t slash = model.find('/');
    for (const auto& service : services_) {
      if (slash != std::string::npos && slash + 1 < model.size() && model.substr(0, slash) == service->endpoint.prefix)
        return Target{service.get(), model, model.substr(slash + 1)};
    }
    for (const auto& service : services_) {
      for (const std::string& plain : service->row.plain_names)
        if (service->endpoint.prefix == service->row.prefix && std::regex_match(model, std::regex(plain)))
          return Target{service.get(), service->endpoint.prefix + "/" + model, model};
    }
    return unknown(model);
  }

  tl::unexpected<Error> unknown(const std::string& model) const {
    std::vector<std::string> prefixes, aliases;
    for (const auto& service : services_) prefixes.push_back(service->endpoint.prefix + "/");
    for (const auto& [alias, target] : settings_.aliases) aliases.push_back(alias);
    std::string hint = "a name begins with one of " + join(prefixes, " ");
    if (!aliases.empty()) hint += ", or is one of " + join(aliases, " ");
    return fail(Fault::kInput, fmt::format("no provider is configured for the model '{}'", model), {}, hint);
  }

  static Status check(const ModelRequest& request, const Target& target) {
    for (const Message& message : request.messages)
      if (message.speaker == Speaker::kUser && !trim(message.text).empty()) return {};
    return fail(Fault::kInput, "a request to a model needs a question: its user messages are empty", target.full);
  }

  static Status check_access(const Service& service) {
    const Endpoint& endpoint = service.endpoint;
    if (service.row.needs_url && endpoint.url.empty())
      return fail(Fault::kInput, fmt::format("no URL is set for {}/", endpoint.prefix), {},
                  fmt::format("set {} in the environment or in .env", service.row.url_variable));
    if (service.row.needs_key && endpoint.key.empty() && endpoint.origin != "KERNELAGENT_ENDPOINTS")
      return fail(Fault::kInput, fmt::format("no key is set for {}/", endpoint.prefix), {},
                  fmt::format("set {} in the environment or in .env", endpoint.key_variable));
    return {};
  }

  Need need_of(const ModelRequest& request, const Target& target) const;

  /// Waits until the call fits into the budget; the tokens its reply may have.
  Task<Result<int64_t>> room_for(Need need) {
    while (true) {
      const Purse::Answer answer = purse_.ask(need, ledger_.totals());
      if (answer.kind == Purse::Answer::Kind::kGranted) co_return answer.output;
      if (answer.kind == Purse::Answer::Kind::kRefused) {
        spent_ = answer.reason;
        co_return fail(Fault::kEnvironment, "no call to a model: " + answer.reason, {}, "raise --budget or --max-calls");
      }
      co_await settled_.wait();
      if (loop_.interrupted()) co_return interrupted_error();
    }
  }

  /// Tries until there is a reply, or no further try makes sense. The target, the account and this outlive the task.
  Task<CallResult> attempts(Service* service, ModelRequest request, Account* account) {
    Backoff backoff(settings_.retry, random_());
    while (true) {
      bool ready = false;
      const auto seat = co_await enter(service, &ready);
      if (!ready) co_return tl::unexpected(interrupted());
      account->sent = true;
      ++account->entry.attempts;
      CallResult result = co_await service->provider->ask(request);
      account->entry.usage += result ? result->usage : result.error().usage;
      if (result || result.error().kind == CallFailure::Kind::kInterrupted) co_return result;
      const auto wait = backoff.wait_after(account->entry.attempts, result.error());
      if (!wait) co_return result;
      log_info("{}: {}; trying again in {}", account->entry.model, result.error().error.message, human_duration(*wait));
      if (result.error().throttled) service->pace.pause(after(*wait));
      co_await leave_and_sleep(seat, *wait);
      if (loop_.interrupted()) co_return tl::unexpected(interrupted());
    }
  }

  using Seat = std::shared_ptr<Permit>;
  /// Waits for a seat at the service and for its pace.
  Task<Seat> enter(Service* service, bool* ready) {
    Permit permit = co_await service->seats.acquire();
    auto seat = std::make_shared<Permit>(std::move(permit));
    Deadline moment = service->pace.book(std::chrono::steady_clock::now());
    while (*seat && !loop_.interrupted()) {
      // A pause that came while we waited counts as well.
      moment = std::max(moment, service->pace.paused_until());
      if (moment <= std::chrono::steady_clock::now()) {
        *ready = true;
        break;
      }
      co_await loop_.parked(moment);
    }
    co_return seat;
  }

  /// Gives the seat to others while it sleeps.
  Task<void> leave_and_sleep(Seat seat, std::chrono::milliseconds span) {
    { const Permit given_back = std::move(*seat); }
    co_await loop_.sleep(span);
  }

  static CallFailure interrupted() {
    CallFailure failure;
    failure.kind = CallFailure::Kind::kInterrupted;
    failure.error = {Fault::kInterrupted, "interrupted", {}, {}};
    return failure;
  }

  static Error name_the_call(Error error, const std::string& model, int attempts) {
    if (error.fault == Fault::kInterrupted) return error;
    const std::string tries = attempts > 1 ? fmt::format(" after {} tries", attempts) : "";
    error.message = fmt::format("{} gave no reply{}: {}", model, tries, error.message);
    return error;
  }

  Loop& loop_;
  const ModelSettings settings_;
  PriceTable prices_;
  Ledger ledger_;
  ReplyStore store_;
  Purse purse_;
  Event settled_;
  std::optional<std::string> spent_;
  std::mt19937_64 random_{std::random_device{}()};
  HttpClient http_;
  std::vector<std::unique_ptr<Service>> services_;
};

Need ModelsOnLoop::need_of(const ModelRequest& request, const Target& target) const {
  /// What a reply may have where neither the request nor the model's family says so.
  constexpr int64_t kUsualReply = 32'768;
  Need need;
  need.input = estimated_tokens(request);
  need.output = request.max_tokens > 0 ? request.max_tokens : kUsualReply;
  need.price = target.service->row.free ? std::optional<Price>(Price()) : prices_.find(target.full);
  return need;
}

Account::~Account() {
  if (!open_) return;
  // The task was destroyed: what the service has done by now is paid, and nobody will say how much it was.
  entry.call.clear();
  entry.outcome = "cancelled";
  if (const Status written = close(); !written) log_error("the ledger: {}", written.error().message);
}

Status Account::close() {
  open_ = false;
  models_.purse_.give_back(need_);
  models_.settled_.notify();
  if (!sent) return {};
  price();
  return models_.ledger_.add(entry);
}

}  // namespace

Result<std::unique_ptr<Models>> Models::open(Loop& loop, ModelSettings settings) {
  PriceTable prices = PriceTable::builtin();
  if (!settings.prices.empty()) {
    KA_TRY(const std::string text, read_file(settings.prices));
    KA_TRY(const Json json, parse_json(text, settings.prices));
    KA_CHECK_OK(prices.add(json, settings.prices));
  }
  std::filesystem::path file;
  if (!settings.directory.empty()) {
    KA_CHECK_OK(make_dirs(settings.directory / "llm_calls"));
    file = settings.directory / "ledger.jsonl";
  }
  KA_TRY(Ledger ledger, Ledger::open(file));
  KA_CHECK_OK(ReplyStore(settings.directory.empty() ? settings.directory : settings.directory / "llm_calls").reconcile(ledger));
  return std::make_unique<ModelsOnLoop>(loop, std::move(settings), std::move(prices), std::move(ledger));
}

}  // namespace ka
