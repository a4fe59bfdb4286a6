#pragma once

#include <optional>
#include <string>

#include "kernel/kernel.h"
#include "loops/nest.h"

namespace ka {

/// A convolution's images with their channels last, in float16: where a window's channels lie side by side, the tensor cores' loads are
/// wide, and float16 rounds to as many bits as TF32 (11), which is how PyTorch convolves.
struct Windows {
  int64_t images = 0, channels = 0, positions = 0;
  Index at;            ///< of the contraction's right operand in the new layout
  Index image;         ///< which image that is
  std::string buffer;  ///< images × positions × channels
  std::string lost;    ///< one flag for each image: float16 cannot hold it
};
/// Says how a contraction's right operand reads in that layout, or nothing where it is not a walk over channels of a plain tensor.
std::optional<Windows> windows_of(const Graph& graph, const Nest& nest);
/// The launch of templates/launch/channels_last.py, which fills them from a tensor.
Launch channels_last_launch(const Windows& windows, const std::string& source);

}  // namespace ka
