#include "judge/comparer.h"

namespace ka {
namespace {

Task<Result<bool>> finite(Party& party, Json request) {
  KA_CO_TRY(const Json reply, co_await party.need(std::move(request)));
  co_return bool_or(reply, "finite");
}

Task<Result<std::vector<std::string>>> fingerprints(Party& party, Json request, std::vector<std::string> groups) {
  KA_CO_TRY(const Json reply, co_await party.need(std::move(request)));
  std::vector<std::string> found;
  for (const std::string& group : groups) {
    const Json* all = find(reply, "digests");
    found.push_back(all != nullptr ? string_or(*all, group) : "");
    if (found.back().empty()) co_return fail(Fault::kInternal, fmt::format("the comparing process has no digest of {}", group));
  }
  co_return found;
}

}  // namespace

Task<Status> SharedGroups::bind(Party& guest, std::vector<std::string> names) const {
  Parcel bind{make_request("bind"), {}};
  Json& groups = bind.message["groups"] = Json::object();
  for (const std::string& name : names) {
    Json group = described.at(name);
    Json& place = group["handle"]["descriptor"];
    bind.descriptors.push_back(descriptors.at(place.get<size_t>()));
    place = bind.descriptors.size() - 1;
    groups[name] = std::move(group);
  }
  KA_CO_CHECK_OK(co_await guest.need_with(std::move(bind)));
  co_return Status();
}

Task<Result<SharedGroups>> Comparer::allocate(Json groups, std::string device) {
  Parcel request{make_request("allocate", Json{{"groups", std::move(groups)}, {"device", std::move(device)}}), {}};
  KA_CO_TRY(Parcel reply, co_await party_->need_with(std::move(request)));
  SharedGroups made;
  made.descriptors = std::move(reply.descriptors);
  const Json* described = find(reply.message, "groups");
  if (described == nullptr || !described->is_object())
    co_return fail(Fault::kInternal, "the comparing process's reply has no \"groups\"");
  for (const auto& [name, group] : described->items()) {
    const Json* handle = find(group, "handle");
    const int64_t place = handle == nullptr ? -1 : int_or(*handle, "descriptor", -1);
    if (place < 0 || static_cast<size_t>(place) >= made.descriptors.size())
      co_return fail(Fault::kInternal, fmt::format("the comparing process sent no descriptor for the group {}", name));
  }
  made.described = *described;
  co_return made;
}

// None of the following is a coroutine itself: a request is complete before anything is awaited.

Task<Status> Comparer::release(std::vector<std::string> groups) {
  return tell(make_request("release", Json{{"groups", groups}}));
}

Task<Status> Comparer::poison(std::string_view group, int pattern) {
  return tell(make_request("poison", Json{{"groups", Json::array({group})}, {"pattern", pattern}}));
}

Task<Status> Comparer::copy(std::string_view from, std::string_view to) {
  return tell(make_request("copy", Json{{"from", from}, {"to", to}}));
}

Task<Status> Comparer::fill(std::string_view group, std::string_view distribution, int64_t seed,
                            std::vector<std::string> non_negative, std::vector<std::string> finite, std::string_view domain) {
  return tell(make_request("fill", Json{{"group", group},
                                        {"distribution", distribution},
                                        {"seed", seed},
                                        {"non_negative", non_negative},
                                        {"finite", finite},
                                        {"domain", domain}}));
}

Task<Status> Comparer::jitter(std::string_view group, int64_t seed, std::vector<std::string> redrawn) {
  return tell(make_request("jitter", Json{{"group", group}, {"seed", seed}, {"redraw", redrawn}}));
}

Task<Status> Comparer::perturb(std::string_view from, std::string_view to, int64_t seed) {
  return tell(make_request("perturb", Json{{"from", from}, {"to", to}, {"seed", seed}}));
}

Task<Status> Comparer::replace_nonfinite(std::string_view from, std::string_view to, double value, std::vector<std::string> kinds,
                                         std::string_view only) {
  return tell(make_request("replace", Json{{"from", from}, {"to", to}, {"value", value}, {"kinds", kinds}, {"only", only}}));
}

Task<Status> Comparer::independent(std::string_view group, bool first, bool last) {
  return tell(make_request("independent", Json{{"group", group}, {"first", first}, {"last", last}}));
}

Task<Result<Json>> Comparer::observe(std::string_view group) {
  return field(make_request("observe", Json{{"group", group}}), "profiles");
}

Task<Result<bool>> Comparer::all_finite(std::string_view group) {
  return finite(*party_, make_request("finite", Json{{"group", group}}));
}

Task<Result<std::vector<std::string>>> Comparer::digests(std::vector<std::string> groups) {
  Json request = make_request("digest", Json{{"groups", groups}});
  return fingerprints(*party_, std::move(request), std::move(groups));
}

Task<Result<Json>> Comparer::oracle(std::string_view group, Json dtypes) {
  return field(make_request("oracle", Json{{"group", group}, {"types", std::move(dtypes)}}), "oracle");
}

Task<Result<Json>> Comparer::reference(std::string_view group) {
  return field(make_request("reference", Json{{"group", group}}), "figures");
}

Task<Result<Json>> Comparer::measure(std::string_view group, std::string_view reference, Json substitutes,
                                     bool nonfinite_inputs) {
  return party_->need(make_request("measure", Json{{"group", group},
                                                   {"reference", reference},
                                                   {"substitutes", std::move(substitutes)},
                                                   {"nonfinite_inputs", nonfinite_inputs}}));
}

Task<Result<Json>> Comparer::idle(int calls, std::vector<std::string> groups) {
  return field(make_request("idle", Json{{"calls", calls}, {"groups", groups}}), "clocks");
}

Task<Status> Comparer::tell(Json request) {
  Result<Json> reply = co_await party_->need(std::move(request));
  if (!reply) co_return tl::unexpected<Error>(std::move(reply).error());
  co_return Status();
}

Task<Result<Json>> Comparer::field(Json request, std::string name) {
  KA_CO_TRY(const Json reply, co_await party_->need(std::move(request)));
  const Json* found = find(reply, name);
  if (found == nullptr || !found->is_object())
    co_return fail(Fault::kInternal, fmt::format("the comparing process answered without {}", name));
  co_return *found;
}

}  // namespace ka
