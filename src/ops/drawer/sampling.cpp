// Images read at places that are themselves data (grid_sample).
#include <utility>

#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

enum class Outside { kZeros, kBorder, kReflection };

/// x held between 0 and extent − 1.
ValueId held(Rewriter& rewriter, ValueId x, int64_t extent) {
  return rewriter.call("aten.clamp.default",
                       {{"self", Argument{Ref{x}}}, {"min", Argument{0.0}}, {"max", Argument{static_cast<double>(extent - 1)}}},
                       contiguous_type(rewriter.dtype(x), rewriter.shape(x)));
}

/// x folded back between the edges until it lies between them.
ValueId reflected(Rewriter& rewriter, ValueId x, int64_t extent, bool corners) {
  const double low = corners ? 0 : -0.5;
  const double span = static_cast<double>(corners ? extent - 1 : extent);
  if (span == 0) return multiply(rewriter, x, 0.0);
  const ValueId away = rewriter.unary("aten.abs.default", add(rewriter, x, -low));
  const ValueId turns = rewriter.unary("aten.floor.default", divide(rewriter, away, span));
  const ValueId rest = subtract(rewriter, away, multiply(rewriter, turns, span));
  const ValueId half = multiply(rewriter, turns, 0.5);
  const ValueId is_even = rewriter.compare("aten.eq.Tensor", half, Argument{Ref{rewriter.unary("aten.floor.default", half)}});
  const ValueId back = add(rewriter, rewriter.unary("aten.neg.default", rest), span);
  return add(rewriter, rewriter.where(is_even, Argument{Ref{rest}}, Argument{Ref{back}}, rewriter.dtype(x)), low);
}

/// One coordinate of the grid, from −1 … 1, as a place along a dim of `extent` elements.
ValueId place(Rewriter& rewriter, ValueId grid, int64_t which, int64_t extent, Outside outside, bool corners) {
  const auto size = static_cast<double>(extent);
  const ValueId shifted = add(rewriter, rewriter.select(grid, 3, which), 1.0);
  ValueId x = corners ? multiply(rewriter, multiply(rewriter, shifted, 0.5), size - 1)
                      : multiply(rewriter, add(rewriter, multiply(rewriter, shifted, size), -1.0), 0.5);
  if (outside == Outside::kReflection) x = reflected(rewriter, x, extent, corners);
  return outside == Outside::kZeros ? x : held(rewriter, x, extent);
}

class Sampler {
 public:
  Sampler(Rewriter& rewriter, ValueId image, const Shape& out) : rewriter_(rewriter), image_(image), out_(out) {
    const Shape size = rewriter.shape(image);
    height_ = size[2], width_ = size[3];
    flat_ = rewriter.view(image, {size[0], size[1], height_ * width_});
  }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  /// The elements at whole places, zero where they are outside.
  ValueId at(ValueId y, ValueId x) {
    const ValueId row = held(rewriter_, y, height_), column = held(rewriter_, x, width_);
    const ValueId inside = both(rewriter_.compare("aten.eq.Tensor", row, Argument{Ref{y}}),
                                rewriter_.compare("aten.eq.Tensor", column, Argument{Ref{x}}));
    const ValueId index = add(rewriter_, multiply(rewriter_, rewriter_.cast(row, Dtype::kInt64), static_cast<double>(width_)),
                              rewriter_.cast(column, Dtype::kInt64));
    const Shape places = {out_[0], 1, out_[2] * out_[3]}, all = {out_[0], out_[1], out_[2] * out_[3]};
    const ValueId picked = rewriter_.call("aten.gather.default",
                                          {{"self", Argument{Ref{flat_}}},
                                           {"dim", Argument{int64_t{2}}},
                                           {"index", Argument{Ref{rewriter_.expand(rewriter_.view(index, places), all)}}}},
                                          contiguous_type(rewriter_.dtype(image_), all));
    const ValueId seen = rewriter_.unsqueeze(inside, 1);
    return rewriter_.where(seen, Argument{Ref{rewriter_.view(picked, out_)}}, Argument{0.0}, rewriter_.dtype(image_));
  }

 private:
  ValueId both(ValueId a, ValueId b) { return rewriter_.binary("aten.logical_and.default", a, b); }

  Rewriter& rewriter_;
  ValueId image_, flat_ = kNone;
  Shape out_;
  int64_t height_ = 0, width_ = 0;
};

Status grid_sample(Rewriter& rewriter, const Node& node) {
  enum { kBilinear, kNearest, kBicubic };
  const int64_t mode = node.at("interpolation_mode").integer();
  if (mode == kBicubic) return cannot("bicubic sampling is not emitted; use mode='bilinear'");
  const auto outside = static_cast<Outside>(node.at("padding_mode").integer());
  const bool corners = truth_or(node, "align_corners", false);
  const ValueId grid = to_accumulate(rewriter, rewriter.operand(node, "grid"));
  Sampler image(rewriter, to_accumulate(rewriter, rewriter.operand(node, "input")), rewriter.result(node)->sizes());
  const ValueId x = place(rewriter, grid, 0, image.width(), outside, corners);
  const ValueId y = place(rewriter, grid, 1, image.height(), outside, corners);
  ValueId total = kNone;
  if (mode == kNearest) {
    total = image.at(rewriter.unary("aten.round.default", y), rewriter.unary("aten.round.default", x));
  } else {
    const auto sides = [&](ValueId at) {
      const ValueId low = rewriter.unary("aten.floor.default", at);
      return std::make_pair(low, add(rewriter, low, 1.0));
    };
    const auto [left, right] = sides(x);
    const auto [top, bottom] = sides(y);
    for (const ValueId row : {top, bottom}) {
      for (const ValueId column : {left, right}) {
        // The weight is what lies between the place and the opposite corner.
        const ValueId high = row == top ? subtract(rewriter, bottom, y) : subtract(rewriter, y, top);
        const ValueId wide = column == left ? subtract(rewriter, right, x) : subtract(rewriter, x, left);
        const ValueId weight = rewriter.unsqueeze(multiply(rewriter, high, wide), 1);
        const ValueId part = multiply(rewriter, image.at(row, column), weight);
        total = total == kNone ? part : add(rewriter, total, part);
      }
    }
  }
  rewriter.bind(node, 0, rewriter.cast(total, rewriter.result(node)->dtype));
  return {};
}

}  // namespace

void sampling(OpTable& table) {
  composite(table, {"aten.grid_sampler_2d.default"}, grid_sample);
  refused(table, {"aten.grid_sampler_3d.default"}, "not emitted; sample two dims at a time");
}

}  // namespace ka::ops_drawer
