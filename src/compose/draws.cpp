#include "compose/draws.h"

#include "ir/text.h"
#include "kernel/host.h"
#include "kernel/python_text.h"

namespace ka {

std::string draw_expression(const Node& node, const TensorType& type) {
  const auto& kind = std::get<std::string>(node.at("kind").value);
  const std::string memory = allocation(type, "", "device");
  if (kind == "dropout") return fmt::format("_kept({}, {})", memory, to_text(node.at("p").number()));
  if (kind == "bernoulli") return fmt::format("torch.bernoulli({}, {})", memory, to_text(node.at("p").number()));
  if (kind.ends_with("_like")) return fmt::format("torch.{}({})", kind, memory);
  return fmt::format("torch.{}({}, dtype={}, device=device)", kind, tuple_text(type.sizes()), torch_name(type.dtype));
}

}  // namespace ka
