#include "worker/compiled_store.h"

#include "base/digest.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;

std::string key_of(std::string_view source, std::string_view device) { return sha256(fmt::format("{}\n{}", device, source)); }

/// Bytes of a valid answer; 0 for any other.
size_t size_of(const Json& files) {
  if (!files.is_object()) return 0;
  size_t size = 0;
  for (const Json& file : files) {
    if (!file.is_string()) return 0;
    size += file.get_ref<const std::string&>().size();
  }
  return size;
}

}  // namespace

void CompiledStore::keep(std::string_view source, std::string_view device, Json files) {
  const size_t size = size_of(files);
  if (size == 0 || size > kMostBytes) return;
  if (bytes_ + size > kMostBytes) {
    entries_.clear();
    bytes_ = 0;
  }
  if (entries_.try_emplace(key_of(source, device), std::move(files)).second) bytes_ += size;
}

Json CompiledStore::find_for(std::string_view source, std::string_view device) const {
  const auto found = entries_.find(key_of(source, device));
  return found == entries_.end() ? Json::object() : found->second;
}

}  // namespace ka
