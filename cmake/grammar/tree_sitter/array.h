/* A growing array with the interface that the grammar's scanner.c uses; tree-sitter 0.20 has no public one. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define Array(T)       \
  struct {             \
    T* contents;       \
    uint32_t size;     \
    uint32_t capacity; \
  }

#define array_init(self) ((self)->contents = NULL, (self)->size = 0, (self)->capacity = 0)
#define array_get(self, index) (&(self)->contents[index])
#define array_back(self) array_get(self, (self)->size - 1)
#define array_delete(self) (free((self)->contents), array_init(self))
#define array_pop(self) ((self)->contents[--(self)->size])
#define array_reserve(self, wanted)                                                                         \
  ((wanted) > (self)->capacity                                                                              \
       ? (void)((self)->contents = array_resized((self)->contents, (wanted) * sizeof((self)->contents[0])), \
                (self)->capacity = (wanted))                                                                \
       : (void)0)
#define array_push(self, element)                                                                             \
  ((self)->size == (self)->capacity ? array_reserve(self, (self)->size < 4 ? 8 : (self)->size * 2) : (void)0, \
   (self)->contents[(self)->size++] = (element))

static inline void* array_resized(void* contents, size_t bytes) {
  void* resized = realloc(contents, bytes);
  if (!resized) abort();
  return resized;
}
