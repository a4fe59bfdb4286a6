#include "codegen/windows.h"

#include "codegen/skeleton.h"

namespace ka {
namespace {

constexpr int64_t kLeastChannels = 16;  // a group's channels, which are walked at a time: tl.dot's least depth
constexpr int kChannelBlock = 64;
constexpr int kPositionBlock = 64;

int64_t product(const std::vector<int64_t>& extents, size_t from) {
  int64_t out = 1;
  for (size_t i = from; i < extents.size(); ++i) out *= extents[i];
  return out;
}

}  // namespace

std::optional<Windows> windows_of(const Graph& graph, const Nest& nest) {
  const Contraction& c = nest.contraction;
  const Expr& e = nest.expr(c.right);
  if (e.kind != Expr::Kind::kLoad || e.type != Dtype::kFloat32 || c.depth.empty()) return std::nullopt;
  const TensorType& type = graph.type(e.tensor);
  const std::vector<int64_t> extents = type.sizes();
  const int64_t channels = extents.size() < 3 ? 0 : extents[1];
  const int64_t positions = product(extents, 2);
  if (channels < kLeastChannels || positions < 2 || type.strides() != contiguous_strides(extents) || type.offset != 0)
    return std::nullopt;
  Windows out;
  out.images = extents[0];
  out.channels = channels;
  out.positions = positions;
  out.image.constant = 0;
  bool channel_innermost = false;
  for (const auto& [id, coefficient] : e.index.terms) {
    const Atom& atom = nest.space.atom(id);
    if (coefficient % (channels * positions) == 0) {
      out.at.terms.emplace_back(id, coefficient);
      out.image.terms.emplace_back(id, coefficient / (channels * positions));
    } else if (coefficient % positions == 0) {
      out.at.terms.emplace_back(id, coefficient / positions);
      channel_innermost =
          channel_innermost || (atom.kind == Atom::Kind::kAxis && atom.id == c.depth.back() && coefficient == positions);
    } else {
      out.at.terms.emplace_back(id, coefficient * channels);
    }
  }
  out.at.constant = e.index.constant * channels;
  // A spatial coordinate's coefficient is below the number of positions, unless a dim before it has one position or a step spans it.
  const bool spatial_is_plain = extents[2] > 1 || extents.size() == 3;
  const bool constant_is_spatial = std::abs(e.index.constant) < positions;
  if (!channel_innermost || !spatial_is_plain || !constant_is_spatial || nest.space.extent(c.depth.back()) < kLeastChannels)
    return std::nullopt;
  return out;
}

Launch channels_last_launch(const Windows& windows, const std::string& source) {
  Launch launch;
  launch.entry = "channels_last";
  launch.grid = {std::to_string(ceil_div(windows.positions, kPositionBlock) * ceil_div(windows.channels, kChannelBlock)),
                 std::to_string(windows.images)};
  launch.arguments = {{"x_ptr", source, true},
                      {"out_ptr", windows.buffer, true},
                      {"lost_ptr", windows.lost, true},
                      {"CHANNELS", std::to_string(windows.channels), false},
                      {"POSITIONS", std::to_string(windows.positions), false},
                      {"CHANNEL_BLOCK", std::to_string(kChannelBlock), false},
                      {"POSITION_BLOCK", std::to_string(kPositionBlock), false}};
  return launch;
}

}  // namespace ka
