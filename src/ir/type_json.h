#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "ir/types.h"

namespace ka {

/// Writes {"dtype":…,"shape":[…],"stride":[…],"offset":…}; symbolic extents are strings.
Json to_json(const TensorType& type);

/// Reads the same fields from an object, others ignored; a missing offset is 0. Errors name `where`.
Result<TensorType> tensor_type_from_json(const Json& json, const std::string& where);

}  // namespace ka
