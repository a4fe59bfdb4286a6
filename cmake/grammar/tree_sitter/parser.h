/* The grammar's sdist ships no headers, and its C source is newer than Debian's tree-sitter 0.20: this adds the three names that
 * generated parsers have used since, and the new form of a fourth. The language's layout (ABI 14) is the same in both. */
#pragma once

#include_next <tree_sitter/parser.h>

typedef struct {
  int32_t start;
  int32_t end;
} TSCharacterRange;

/* Tells whether a sorted table of disjoint ranges holds a character. */
static inline bool set_contains(const TSCharacterRange* ranges, uint32_t count, int32_t character) {
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (character < ranges[middle].start) {
      high = middle;
    } else if (character > ranges[middle].end) {
      low = middle + 1;
    } else {
      return true;
    }
  }
  return false;
}

/* Moves to the state paired with the lookahead character, given as a flat list of character, state. */
#define ADVANCE_MAP(...)                                                    \
  {                                                                         \
    static const uint16_t pairs[] = {__VA_ARGS__};                          \
    for (uint32_t at = 0; at < sizeof(pairs) / sizeof(pairs[0]); at += 2) { \
      if (pairs[at] == lookahead) {                                         \
        state = pairs[at + 1];                                              \
        goto next_state;                                                    \
      }                                                                     \
    }                                                                       \
  }

/* 0.20 names the last two fields where it writes them; generated parsers now give them by position. */
#undef REDUCE
#define REDUCE(name, children, precedence, production) \
  {                                                    \
    {                                                  \
      .reduce = {.type = TSParseActionTypeReduce,      \
                 .symbol = name,                       \
                 .child_count = children,              \
                 .dynamic_precedence = precedence,     \
                 .production_id = production},         \
    }                                                  \
  }
