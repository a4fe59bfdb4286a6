#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// What stands between a candidate and an undeserved "accepted". Each defence is asked for by name where it is applied, so that a test
// program can leave single ones out and show that each carries weight (tests/escapes). In every other program the answer is a constant.

namespace ka {

enum class Defence {
  kSourcePolicy,     ///< the allow-list on the syntax tree
  kTreeShape,        ///< Python's own parser reads the same program
  kOperatorTrace,    ///< every ATen operator of a call is judged
  kLaunchEvidence,   ///< each result's memory was given to a launch of this call
  kPoisonGone,       ///< no result still holds nothing but the poison it was allocated with
  kPoison,           ///< what a call allocates and does not fill holds poison
  kGuardBytes,       ///< nothing is written behind the candidate's own allocations
  kRepeat,           ///< a second call with other poison returns the same bits
  kOtherAddresses,   ///< such a call finds its inputs, and what it allocates, at other addresses
  kUntouched,        ///< inputs and state that the problem leaves alone stay as they are
  kMutations,        ///< what the problem writes to is written to alike
  kForm,             ///< number, nesting, type, device and strides of results
  kAliasing,         ///< results share no memory where PyTorch's share none
  kFreshMemory,      ///< every call returns other memory
  kExtraState,       ///< a module holds no tensors but the problem's
  kRmsBound,         ///< rms error against PyTorch's own
  kLargestBound,     ///< largest relative error against PyTorch's own
  kPlacement,        ///< NaN and infinity stand where they should
  kExactIntegers,    ///< integers and booleans are equal
  kOtherSeeds,       ///< the problem's own inputs with a second seed
  kMadeValues,       ///< the judge's own distributions
  kStateVariation,   ///< parameters and buffers are scaled at random
  kScalarVariation,  ///< floating scalars vary
  kOtherStrides,     ///< inputs of the same shape with other strides
  kDrawnSeeds,       ///< nobody can know the judge's inputs beforehand
  kKnownMemory,      ///< kernels in the interpreter use the memory of tensors only
  kOtherWeights,     ///< on one input set parameters have other signs, no zeros, and are no constants
  kSanitizer,        ///< compute-sanitizer sees no access outside of memory, and no race
  kDeadline,         ///< a judgement ends in time
};

inline constexpr std::array<std::string_view, 29> kDefenceNames = {
    "source policy",  "tree shape",   "operator trace",  "launch evidence",  "poison gone",      "poison",
    "guard bytes",    "repeat",       "other addresses", "untouched memory", "mutations",        "form",
    "aliasing",       "fresh memory", "extra state",     "rms bound",        "largest bound",    "NaN placement",
    "exact integers", "other seeds",  "made values",     "state variation",  "scalar variation", "other strides",
    "drawn seeds",    "known memory", "other weights",   "sanitizer",        "deadline"};
static_assert(kDefenceNames.size() == static_cast<size_t>(Defence::kDeadline) + 1);

constexpr std::string_view name(Defence defence) { return kDefenceNames[static_cast<size_t>(defence)]; }

constexpr std::optional<Defence> parse_defence(std::string_view text) {
  for (size_t i = 0; i < kDefenceNames.size(); ++i) {
    if (kDefenceNames[i] == text) return static_cast<Defence>(i);
  }
  return std::nullopt;
}

#ifdef KA_SWITCHABLE_DEFENCES
/// Which defences are on, in the one program that is built to leave some out. All are, at first.
inline std::array<bool, kDefenceNames.size()> defences_off{};
inline bool is_on(Defence defence) { return !defences_off[static_cast<size_t>(defence)]; }
/// Asks for compute-sanitizer, or what stands for it there, where no GPU is.
inline bool sanitizer_without_gpu = false;
#else
/// Is this defence applied? Always: nothing at run time can change it.
constexpr bool is_on(Defence) { return true; }
inline constexpr bool sanitizer_without_gpu = false;  // NOLINT(readability-identifier-naming): a variable above
#endif

}  // namespace ka
