#include "llm/dialect.h"

#include "llm/failures.h"

namespace ka {

std::optional<std::size_t> Dialect::listed_models(const std::string& body) {
  const auto json = parse_json(body, "models");
  const Json* data = json ? find(*json, "data") : nullptr;
  if (data == nullptr || !data->is_array()) return std::nullopt;
  return data->size();
}

tl::expected<Json, CallFailure> parse_event(const ServerEvent& event) {
  auto json = parse_json(event.data, "event");
  if (!json || !json->is_object()) return tl::unexpected(transient("the service sent an event that is no JSON"));
  return std::move(*json);
}

}  // namespace ka
