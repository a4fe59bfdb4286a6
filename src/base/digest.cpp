#include "base/digest.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "base/file.h"

namespace ka {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  const int ok = ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  KA_CHECK(ok == 1 && size == digest.size(), "SHA-256 is always there");
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  KA_TRY(const std::string content, read_file(path));
  return sha256(content);
}

}  // namespace ka
