#include "run/package.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace ka {
namespace {

using Archive = std::unique_ptr<struct archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<struct archive_entry, decltype(&archive_entry_free)>;

la_ssize_t append(struct archive*, void* to, const void* bytes, size_t count) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

tl::unexpected<Error> failed(struct archive* archive) {
  const char* text = archive_error_string(archive);
  return fail(Fault::kInternal, fmt::format("packing failed: {}", text != nullptr ? text : "no reason given"));
}

}  // namespace

Result<std::string> tar_gz(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string packed;
  const Archive archive(archive_write_new(), archive_write_free);
  // No time stamp in the gzip header: the same files give the same bytes.
  if (archive_write_add_filter_gzip(archive.get()) != ARCHIVE_OK || archive_write_set_format_ustar(archive.get()) != ARCHIVE_OK ||
      archive_write_set_options(archive.get(), "gzip:!timestamp") != ARCHIVE_OK ||
      archive_write_open(archive.get(), &packed, nullptr, append, nullptr) != ARCHIVE_OK)
    return failed(archive.get());
  for (const auto& [name, content] : files) {
    const Entry entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (archive_write_header(archive.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(archive.get(), content.data(), content.size()) != static_cast<la_ssize_t>(content.size()))
      return failed(archive.get());
  }
  if (archive_write_close(archive.get()) != ARCHIVE_OK) return failed(archive.get());
  return packed;
}

}  // namespace ka
