#include "fake_pool.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "process/socket.h"
#include "worker/session.h"

namespace ka::fuzz {
namespace {

/// The message among these lines that a session takes as its reply to `id`; nothing where it waits for more, or gives up.
std::optional<Json> taken_from(const std::string& bytes, int id) {
  std::size_t start = 0;
  for (auto end = bytes.find('\n'); end != std::string::npos; start = end + 1, end = bytes.find('\n', start)) {
    const Result<Json> message = parse_json(std::string_view(bytes).substr(start, end - start), "line");
    if (!message || !message->is_object()) return std::nullopt;
    const Json* given = find(*message, "id");
    const bool refusal = given == nullptr || given->is_null();
    if (refusal ? !bool_or(*message, "ok", true) : given->is_number_integer() && given->get<int64_t>() == id) return *message;
  }
  return std::nullopt;
}

/// Sends the first byte with `count` descriptors of nothing, as the comparing process sends those of its groups.
bool send_descriptors(int socket, const std::string& bytes, std::size_t count) {
  const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> descriptors(std::min(count, JsonLine::kMaxDescriptors), nothing.get());
  return send_some(socket, bytes, descriptors) == 1;
}

Task<bool> send_all(Loop& loop, int socket, std::string bytes, std::size_t descriptors) {
  std::string_view rest = bytes;
  if (descriptors > 0 && !rest.empty()) {
    if (!send_descriptors(socket, bytes, descriptors)) co_return false;
    rest.remove_prefix(1);
  }
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno != EAGAIN && errno != EINTR) co_return false;
    const bool ready = co_await loop.writable(socket, after(std::chrono::seconds(10)));
    if (!ready) co_return false;
  }
  co_return true;
}

}  // namespace

FakePool::FakePool(Loop& loop, const Transcript& transcript, std::vector<Attack> attacks, Choices& choices, Audit& audit)
    : loop_(loop), attacks_(std::move(attacks)), choices_(choices), audit_(audit) {
  for (const Exchange& one : transcript.exchanges) parts_[one.role].exchanges.push_back(&one);
  zygote_ = std::make_shared<Zygote>(loop, ZygoteOptions{{}, std::chrono::seconds(1), std::chrono::seconds(1), {}});
}

Task<Result<std::unique_ptr<WorkerSession>>> FakePool::open(WorkerRole role) {
  KA_CO_TRY(auto ends, socket_pair());
  auto child = std::make_shared<Child>();
  child->role = role;
  child->pid = 2;
  // No zygote reports its end, so it counts as ended from the start; a session asks only when its line is gone.
  child->exited = ZygoteEvent{};
  child->exited->signal = 9;
  loop_.spawn(play(std::string(ka::name(role)), std::move(ends.second)));
  co_return std::make_unique<ChildSession>(loop_, zygote_, std::move(child), std::move(ends.first));
}

/// The next recorded reply to a request of this name; where a spoilt reply made the judge ask otherwise, the last one.
const Json& FakePool::reply_to(Part& part, const std::string& request) {
  static const Json kDone = {{"ok", true}};
  for (std::size_t i = part.next; i < part.exchanges.size(); ++i) {
    if (part.exchanges[i]->request != request) continue;
    part.next = i + 1;
    return part.exchanges[i]->reply;
  }
  for (std::size_t i = part.exchanges.size(); i > 0; --i) {
    if (part.exchanges[i - 1]->request == request) return part.exchanges[i - 1]->reply;
  }
  return kDone;
}

Spoilt FakePool::answer(Part& part, const std::string& role, const Json& request) {
  const int id = static_cast<int>(int_or(request, "id"));
  const Json& reply = reply_to(part, string_or(request, "request"));
  const std::size_t number = part.answered++;
  for (const Attack& attack : attacks_) {
    if (attack.role != role || attack.number != number) continue;
    ++spoilt_;
    std::vector<const Json*> others;
    for (const Exchange* one : part.exchanges) others.push_back(&one->reply);
    return spoil(attack.how, reply, id, others, choices_);
  }
  Json whole = Json{{"id", id}};
  whole.update(reply);
  return {compact(whole) + "\n", false};
}

Task<void> FakePool::play(std::string role, Fd socket) {
  const int raw = socket.get();
  JsonLine line(loop_, std::move(socket));
  Part& part = parts_[role];
  while (true) {
    auto request = co_await line.receive(kNever);
    if (!request) co_return;
    const int before = spoilt_;
    const Spoilt said = answer(part, role, *request);
    const bool judged_on = before != spoilt_ || role == "compare";
    const std::optional<Json> taken =
        judged_on ? taken_from(said.bytes, static_cast<int>(int_or(*request, "id"))) : std::optional<Json>(Json());
    if (role == "compare" && taken && bool_or(*taken, "ok")) audit_.deliver(*request, *taken);
    std::string bytes = said.bytes;
    const Json* groups = string_or(*request, "request") == "allocate" ? find(*request, "groups") : nullptr;
    const std::size_t descriptors = groups != nullptr ? groups->size() : 0;
    const bool sent = co_await send_all(loop_, raw, std::move(bytes), descriptors);
    // A worker that says nothing more would be waited for until the deadline: its end comes at once instead.
    if (!sent || said.close || !taken) co_return;
  }
}

}  // namespace ka::fuzz
