#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "llm/ledger.h"
#include "llm/provider.h"

namespace ka {

/// Replies kept in a folder, one file each, so that a resumed run pays none twice. A reply is found by what was asked, of which model, for
/// which purpose, and for the how-manieth time since this process began: equal questions get equal replies in equal order.
class ReplyStore {
 public:
  /// An empty folder keeps nothing.
  explicit ReplyStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// Names the next call of this kind: "<digest>.<ordinal>".
  std::string next_key(const std::string& model, const ModelRequest& request);
  /// Reads a reply back; nothing where there is none, or the file is damaged.
  std::optional<ModelReply> load(const std::string& key) const;
  /// Keeps a reply with its question and its line of the ledger, in one step.
  Status save(const std::string& key, const std::string& model, const ModelRequest& request, const ModelReply& reply,
              const LedgerEntry& entry) const;
  /// Writes into the ledger what a kill kept out: replies that are here and not there.
  Status reconcile(Ledger& ledger) const;

 private:
  std::filesystem::path folder_;
  std::map<std::string, int> asked_;
};

}  // namespace ka
