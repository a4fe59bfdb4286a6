#include "llm/prices.h"

#include <regex>

#include "base/check.h"
#include "base/templates.h"

namespace ka {

double Price::of(const Usage& usage) const {
  const auto fresh = static_cast<double>(usage.input - usage.cached - usage.cache_write);
  return (fresh * input + static_cast<double>(usage.cached) * cached + static_cast<double>(usage.cache_write) * cache_write +
          static_cast<double>(usage.output) * output) /
         1e6;
}

PriceTable PriceTable::builtin() {
  PriceTable table;
  const auto json = parse_json(template_text("data/prices.json"), "data/prices.json");
  KA_CHECK(json && table.add(*json, "data/prices.json"), "the built-in prices can be read");
  table.date_ = string_or(*json, "date");
  return table;
}

Status PriceTable::add(const Json& json, std::string_view where) {
  const Json* models = ka::find(json, "models");
  if (models == nullptr || !models->is_object())
    return fail(Fault::kInput, "a price file has an object \"models\"", std::string(where), "docs/MODELS.md shows one");
  for (const auto& [model, row] : models->items()) {
    Price price;
    price.input = number_or(row, "input", -1);
    price.output = number_or(row, "output", -1);
    price.cached = number_or(row, "cached", price.input);
    price.cache_write = number_or(row, "cache_write", price.input);
    if (!(price.input >= 0 && price.output >= 0 && price.cached >= 0 && price.cache_write >= 0))
      return fail(Fault::kInput, fmt::format("the price of {} needs \"input\" and \"output\", in USD per million tokens", model),
                  std::string(where));
    rows_[model] = price;
  }
  return {};
}

std::optional<Price> PriceTable::find(const std::string& model) const {
  static const std::regex date("-([0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}|latest)$");
  std::string name = model;
  if (name.starts_with("openai-chat/") && !rows_.contains(name))
    name.replace(0, std::string_view("openai-chat").size(), "openai");
  auto row = rows_.find(name);
  if (row == rows_.end()) row = rows_.find(std::regex_replace(name, date, ""));
  if (row == rows_.end()) return std::nullopt;
  return row->second;
}

}  // namespace ka
