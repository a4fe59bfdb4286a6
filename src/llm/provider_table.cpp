#include "llm/provider_table.h"

#include "llm/drawer.h"
#include "llm/http_provider.h"

namespace ka {

const ProviderRow* ProviderTable::find(std::string_view prefix) const {
  for (const ProviderRow& row : rows_)
    if (row.prefix == prefix) return &row;
  return nullptr;
}

const ProviderTable& provider_table() {
  static const ProviderTable table = [] {
    ProviderTable filled;
    fill_provider_drawer(filled);
    return filled;
  }();
  return table;
}

std::unique_ptr<Provider> make_provider(const ProviderRow& row, const ProviderSetup& setup) {
  return row.dialect != nullptr ? make_http_provider(setup, *row.dialect) : row.make(setup);
}

}  // namespace ka
