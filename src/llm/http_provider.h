#pragma once

#include <memory>

#include "llm/provider_table.h"

namespace ka {

/// Makes the provider that speaks a dialect over HTTP: sends the body, reads the stream as it comes, says what errors mean.
std::unique_ptr<Provider> make_http_provider(const ProviderSetup& setup, const Dialect& dialect);

/// Joins a base URL and a path; a version that stands in both ("…/v1" and "/v1/messages") is written once.
std::string join_url(const std::string& base, const std::string& path);

}  // namespace ka
