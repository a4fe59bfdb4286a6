// Any program as a model: the prompt on its standard input, the reply on its standard output.
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "llm/failures.h"
#include "llm/provider_table.h"
#include "process/subprocess.h"

namespace ka::llm_drawer {
namespace {

constexpr std::size_t kLongestReply = std::size_t{16} << 20;

/// Our own environment without the keys of services: the program has its own ways to its model.
std::vector<std::string> environment_without_keys(const ModelSettings& settings) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view variable = text.substr(0, text.find('='));
    bool key = false;
    for (const Endpoint& endpoint : settings.endpoints) key = key || variable == endpoint.key_variable;
    if (!key) entries.emplace_back(text);
  }
  return entries;
}

/// Text in memory that a process can read as a file.
Result<Fd> memory_file(const std::string& text) {
  Fd file(::memfd_create("prompt", MFD_CLOEXEC));
  std::string_view rest = text;
  while (file && !rest.empty()) {
    const auto written = ::write(file.get(), rest.data(), rest.size());
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!file || !rest.empty() || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return fail(Fault::kEnvironment, "cannot keep the prompt in memory");
  return file;
}

CallFailure failed(Error error) {
  CallFailure failure;
  if (error.fault == Fault::kInterrupted) failure.kind = CallFailure::Kind::kInterrupted;
  failure.error = std::move(error);
  return failure;
}

class CommandProvider : public Provider {
 public:
  explicit CommandProvider(const ProviderSetup& setup) : setup_(setup) {}

  Task<CallResult> ask(ModelRequest request) override {
    auto input = memory_file(conversation_text(request));
    if (!input) co_return tl::unexpected(failed(std::move(input.error())));
    CommandOptions options;
    options.spawn.arguments = {"/bin/sh", "-c", request.model};
    options.spawn.environment = environment_without_keys(setup_.settings);
    options.spawn.input = input->get();
    options.timeout = setup_.settings.timeouts.total;
    options.max_output = kLongestReply + 1;
    auto output = co_await run_command(setup_.loop, std::move(options));
    if (!output) co_return tl::unexpected(failed(std::move(output.error())));
    const std::string where = "command/" + request.model;
    if (output->timed_out)
      co_return tl::unexpected(failed({Fault::kEnvironment, "the command did not end within its time", where, {}}));
    if (!output->ending.ok()) {
      const std::string said = first_line(output->err);
      co_return tl::unexpected(failed(
          {Fault::kEnvironment,
           fmt::format("the command failed ({}){}{}", to_text(output->ending), said.empty() ? "" : ": ", shorten(said, 300)),
           where,
           {}}));
    }
    if (output->out.size() > kLongestReply)
      co_return tl::unexpected(failed({Fault::kEnvironment, "the command wrote more than 16 MiB", where, {}}));
    ModelReply reply;
    reply.text = std::move(output->out);
    reply.finish = "stop";
    reply.model = request.model;
    reply.seconds = output->seconds;
    if (request.on_text) request.on_text(reply.text);
    co_return reply;
  }

  Task<Result<std::string>> probe() override { co_return std::string("runs what follows command/ with sh"); }

 private:
  const ProviderSetup setup_;
};

}  // namespace

void command(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "command";
  row.meaning = "a program that reads the prompt and writes the reply: command/./ask.sh";
  row.make = [](const ProviderSetup& setup) { return std::make_unique<CommandProvider>(setup); };
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
