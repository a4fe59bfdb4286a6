#include "worker/compiled_store.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(CompiledStore, OneProgramsResultsAreNoOthers) {
  CompiledStore store;
  const Json files = {{"ABCDEFGH/gelu.cubin", "AAAA"}};
  store.keep("def kernel_function(x): ...", "cuda:0", files);
  EXPECT_EQ(store.find_for("def kernel_function(x): ...", "cuda:0"), files);
  EXPECT_TRUE(store.find_for("def kernel_function(x): ... ", "cuda:0").empty());
  EXPECT_TRUE(store.find_for("def kernel_function(x): ...", "cuda:1").empty());
}

TEST(CompiledStore, WhatWasKeptFirstStaysAndNonsenseIsLeftOut) {
  CompiledStore store;
  for (const Json& nonsense : {Json(), Json::array(), Json(3), Json{{"A/b", 3}}, Json{{"A/b", {{"c", "d"}}}}, Json::object()}) {
    store.keep("text", "cuda", nonsense);
    EXPECT_TRUE(store.find_for("text", "cuda").empty()) << nonsense.dump();
  }
  store.keep("text", "cuda", {{"A/b", "first"}});
  store.keep("text", "cuda", {{"A/b", "second"}});
  EXPECT_EQ(store.find_for("text", "cuda").at("A/b"), "first");
}

TEST(CompiledStore, ItDoesNotGrowWithoutEnd) {
  CompiledStore store;
  const std::string large(size_t{100} << 20, 'A');
  for (const char* text : {"a", "b", "c"}) store.keep(text, "cuda", {{"A/b", large}});
  EXPECT_TRUE(store.find_for("a", "cuda").empty());
  EXPECT_FALSE(store.find_for("c", "cuda").empty());
}

}  // namespace
}  // namespace ka
