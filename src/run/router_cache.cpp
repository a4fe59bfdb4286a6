#include <algorithm>

#include "base/build_info.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/route.h"

namespace ka {
namespace {

constexpr size_t kKept = 4096;  ///< entries; the file starts anew beyond

Json read_entries(const std::filesystem::path& file) {
  const Result<std::string> text = is_file(file) ? read_file(file) : std::string("{}");
  const Result<Json> json = text ? parse_json(*text, file.string()) : Json::object();
  return json && json->is_object() ? *json : Json::object();
}

}  // namespace

RouterCache::RouterCache(const Config& config, const std::string& platform, std::span<const Graph> graphs)
    : config_(config), file_(config.runs / "router_cache.json") {
  Json key = {platform, config.model, join(config.authors, ","), version(), commit()};
  for (const Graph& graph : graphs) key.push_back(print(graph));
  key_ = sha256(compact(key));
}

void RouterCache::remind(Route& route) const {
  if (!config_.router_cache || !config_.router_memory || config_.route != "auto") return;
  const Json entries = read_entries(file_);
  const Json* entry = find(entries, key_);
  if (entry == nullptr) return;
  const std::string wanted = string_or(*entry, "way"), run = string_or(*entry, "run");
  const auto found = std::find_if(route.ways.begin(), route.ways.end(), [&](Way way) { return name(way) == wanted; });
  if (found != route.ways.end()) route.tie = false;  // known is better than guessed
  // Nothing to say where it is first anyway, or no way for this program.
  if (found == route.ways.begin() || found == route.ways.end() || run.empty()) return;
  route.reason = fmt::format("{} worked before, in {}", wanted, run);
  std::rotate(route.ways.begin(), found, found + 1);
  route.remembered = run;
}

void RouterCache::keep(Way way, const std::string& run) const {
  if (!config_.router_cache || config_.route != "auto") return;
  Json entries = read_entries(file_);
  if (entries.size() >= kKept) entries = Json::object();
  entries[key_] = {{"way", name(way)}, {"run", run}};
  if (const Status kept = write_file_atomic(file_, pretty(entries)); !kept) log_warning("{}", kept.error().message);
}

}  // namespace ka
