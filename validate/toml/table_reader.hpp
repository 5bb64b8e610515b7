// SPDX-License-Identifier: GPL-2.0-or-later
// Takes what it knows out of a table of a scenario file and refuses the rest, with the line and a suggestion.
#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/toml/node.hpp"

namespace mig::validate {

class TableReader {
 public:
  /// `what` says what the table is, for messages: "a step", "[guest]". Throws Refusal unless `node` is a
  /// table.
  TableReader(const Node& node, const std::string& file, std::string what);

  [[nodiscard]] const Node* find(std::string_view key);  ///< null when it is not there
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::string need_text(std::string_view key);
  [[nodiscard]] std::optional<bool> truth(std::string_view key);
  [[nodiscard]] std::optional<Seconds> seconds(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view key);
  [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key);  ///< 4096 or "16MiB"
  /// A text or a list of them; empty when it is not there.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);
  /// The same, each of them one of `known`.
  [[nodiscard]] std::vector<std::string> known_texts(std::string_view key,
                                                     const std::vector<std::string>& known);
  [[nodiscard]] boost::json::object json(std::string_view key);
  /// A text that is one of these.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  const std::vector<std::string_view>& choices);

  /// Refuses a key that is written as `now` today.
  void refuse_old(std::string_view key, std::string_view now);
  /// Refuses the first key that nobody asked for.
  void done() const;
  [[noreturn]] void refuse(int line, const std::string& reason) const;
  [[noreturn]] void refuse(const std::string& reason) const { refuse(line_, reason); }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const std::string& first_key() const;

 private:
  template <typename T>
  [[nodiscard]] std::optional<T> take(std::string_view key, const char* kind);

  const NodeTable* table_ = nullptr;
  std::string file_;
  std::string what_;
  int line_ = 0;
  std::vector<std::string> known_;
};

/// "did you mean X?", if one of `known` is near.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);
[[nodiscard]] boost::json::value to_json(const Node& node);

}  // namespace mig::validate
