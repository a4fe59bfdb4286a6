#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ka {

/// The manifest of a run's folder; of a certificate written alone it is the certificate's name with this ending.
inline constexpr std::string_view kRunManifest = "manifest.sha256";
inline constexpr std::string_view kManifestEnding = ".sha256";

/// One way in which a folder is not what its manifest says.
struct FileChange {
  enum class Kind { kChanged, kMissing, kAdded };
  Kind kind = Kind::kChanged;
  std::string file;  ///< as the manifest names it, relative to its folder
};
std::string_view name(FileChange::Kind kind);

/// Writes the SHA-256 of files in the form of `sha256sum`, paths relative to the manifest's folder, in one step: `sha256sum -c` in that
/// folder checks it. Errors: a file that cannot be read, a disk that cannot be written.
Status write_manifest(const std::filesystem::path& manifest, const std::vector<std::filesystem::path>& files);

/// Enters one file in a manifest, or its new digest; every other line stays as it is, whatever it says.
Status list_in_manifest(const std::filesystem::path& manifest, const std::filesystem::path& file);

/// Compares the files that a manifest lists with the disk. `present` are the files that ought to be listed, those that are not are added
/// ones. An unreadable or malformed manifest is an input error.
Result<std::vector<FileChange>> check_manifest(const std::filesystem::path& manifest,
                                               const std::vector<std::filesystem::path>& present);

/// Lists a run's artifacts: every regular file below its folder but the manifest, the lock and the events, which any later command on
/// the run appends to.
Result<std::vector<std::filesystem::path>> artifacts_of(const std::filesystem::path& run);

}  // namespace ka
