#include "llm/provider_table.h"

#include "base/check.h"
#include "llm/drawer.h"
#include "llm/http_provider.h"

namespace ka {

const ProviderRow* ProviderTable::find(std::string_view prefix) const {
  for (const ProviderRow& row : rows_)
    if (row.prefix == prefix) return &row;
  return nullptr;
}

namespace {

ProviderTable& filled_table() {
  static ProviderTable table = [] {
    ProviderTable filled;
    fill_provider_drawer(filled);
    return filled;
  }();
  return table;
}

}  // namespace

const ProviderTable& provider_table() { return filled_table(); }

void add_provider(ProviderRow row) {
  KA_CHECK(filled_table().find(row.prefix) == nullptr, "a provider has a prefix of its own");
  filled_table().add(std::move(row));
}

std::unique_ptr<Provider> make_provider(const ProviderRow& row, const ProviderSetup& setup) {
  return row.dialect != nullptr ? make_http_provider(setup, *row.dialect) : row.make(setup);
}

}  // namespace ka
