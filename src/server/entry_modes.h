#pragma once

#include <span>
#include <string_view>

namespace ka {

/// A way into the one form of the page: what it asks for, and what a run that is started there is told unless more is said.
struct EntryMode {
  std::string_view name;     ///< the form's address ends with it: #/new/NAME
  std::string_view program;  ///< the first version's page that it takes the place of
  std::string_view title, meaning;
  std::string_view until;  ///< the last phase
  std::string_view route;  ///< of a problem file; empty: as the settings say
  bool takes_words;        ///< a model may write the problem from words
};

/// The ways in; the last asks for everything.
std::span<const EntryMode> entry_modes();
/// Finds one by its name; null where there is none.
const EntryMode* entry_mode(std::string_view name);

}  // namespace ka
