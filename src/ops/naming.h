#pragma once

#include <string>
#include <string_view>

namespace ka {

/// The word people use for an operator: "aten.gelu.default" → "gelu", "aten._native_batch_norm_legit_functional.default" → "batch_norm",
/// "aten._to_copy.default" → "to", "ka.moments" → "moments".
std::string operator_word(std::string_view op);

}  // namespace ka
