#include "ir/type_json.h"

#include <optional>
#include <utility>
#include <vector>

namespace ka {
namespace {

Json dim_json(const Dim& dim) { return dim.is_constant() ? Json(dim.value()) : Json(dim.expression()); }

Json dims_json(const std::vector<Dim>& dims) {
  Json list = Json::array();
  for (const Dim& dim : dims) list.push_back(dim_json(dim));
  return list;
}

Result<Dim> read_dim(const Json& json, const std::string& where) {
  if (json.is_number_integer()) return Dim(json.get<int64_t>());
  if (json.is_string() && !json.get_ref<const std::string&>().empty()) return Dim(json.get<std::string>());
  return fail(Fault::kInput, where + ": an extent is an integer or an expression");
}

Result<std::vector<Dim>> read_dims(const Json& object, const char* key, const std::string& where) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array())
    return fail(Fault::kInput, fmt::format("{}: field '{}' is missing or not a list", where, key));
  std::vector<Dim> dims;
  for (const Json& element : *list) {
    KA_TRY(Dim dim, read_dim(element, where));
    dims.push_back(std::move(dim));
  }
  return dims;
}

}  // namespace

Json to_json(const TensorType& type) {
  return {{"dtype", name(type.dtype)},
          {"shape", dims_json(type.shape)},
          {"stride", dims_json(type.stride)},
          {"offset", dim_json(type.offset)}};
}

Result<TensorType> tensor_type_from_json(const Json& json, const std::string& where) {
  if (!json.is_object()) return fail(Fault::kInput, where + ": expected an object");
  const auto dtype = json.find("dtype");
  if (dtype == json.end() || !dtype->is_string())
    return fail(Fault::kInput, where + ": field 'dtype' is missing or not a string");
  const std::optional<Dtype> parsed = parse_dtype(dtype->get_ref<const std::string&>());
  if (!parsed) return fail(Fault::kInput, where + ": unknown dtype '" + dtype->get<std::string>() + "'");
  TensorType type;
  type.dtype = *parsed;
  KA_TRY(type.shape, read_dims(json, "shape", where));
  KA_TRY(type.stride, read_dims(json, "stride", where));
  if (const auto offset = json.find("offset"); offset != json.end()) {
    KA_TRY(type.offset, read_dim(*offset, where));
  }
  return type;
}

}  // namespace ka
