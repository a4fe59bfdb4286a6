#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ka {
namespace {

TEST(Json, KeepsTheOrderOfFields) {
  EXPECT_EQ(pretty(*parse_json(R"({"b":1,"a":[]})", "x")), "{\n  \"b\": 1,\n  \"a\": []\n}\n");
}

TEST(Json, ErrorsNameLineAndColumn) {
  const auto parsed = parse_json("{\n  \"a\": 1,\n  oops\n}", "plan.json");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().fault, Fault::kInput);
  EXPECT_EQ(parsed.error().where, "plan.json:3:3");
  EXPECT_EQ(parse_json("", "x").error().where, "x:1:1");
  EXPECT_EQ(parse_json("{\"a\":1} extra", "x").error().where, "x:1:9");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"NaN", "{'a':1}", "[1,]", "\"\xff\"", "1e999", "// comment\n1"})
    EXPECT_FALSE(parse_json(text, "x")) << text;
}

TEST(Json, DepthIsBounded) {
  EXPECT_TRUE(parse_json(std::string(512, '[') + std::string(512, ']'), "x"));
  EXPECT_FALSE(parse_json(std::string(513, '[') + std::string(513, ']'), "x"));
  EXPECT_TRUE(parse_json("\"" + std::string(2000, '[') + "\\\"" + std::string(2000, '[') + "\"", "x"));
}

TEST(Json, PrintingNeverThrows) { EXPECT_EQ(compact(Json{{"a", "\xff"}}), "{\"a\":\"\xEF\xBF\xBD\"}"); }

TEST(Json, ReadsFieldsOfTheRightTypeOnly) {
  const Json json = {{"s", "text"}, {"i", 3}, {"d", 1.5}, {"b", true}, {"n", "nan"}};
  EXPECT_EQ(string_or(json, "s"), "text");
  EXPECT_EQ(string_or(json, "i", "none"), "none");
  EXPECT_EQ(int_or(json, "i"), 3);
  EXPECT_EQ(int_or(json, "d", -1), -1);
  EXPECT_EQ(number_or(json, "d"), 1.5);
  EXPECT_EQ(number_or(json, "i"), 3);
  EXPECT_TRUE(std::isnan(number_or(json, "n")));
  EXPECT_TRUE(bool_or(json, "b"));
  EXPECT_FALSE(bool_or(json, "i"));
  EXPECT_EQ(find(json, "missing"), nullptr);
  EXPECT_EQ(find(Json::array(), "s"), nullptr);
}

TEST(Json, NumbersRoundTrip) {
  for (const double value : {0.1, -1e300, HUGE_VAL, -HUGE_VAL}) EXPECT_EQ(number_from_json(number_to_json(value)).value(), value);
  EXPECT_TRUE(std::isnan(number_from_json(number_to_json(std::nan(""))).value()));
  EXPECT_FALSE(number_from_json("1.5"));
  EXPECT_FALSE(number_from_json(nullptr));
}

}  // namespace
}  // namespace ka
