// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario file as read: values that know their line, so that a refusal can name it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mig::validate {

struct Node;
struct NodeEntry;
using NodeList = std::vector<Node>;
using NodeTable = std::vector<NodeEntry>;  // in the order of the file

struct Node {
  int line = 0;
  std::variant<std::string, std::int64_t, double, bool, NodeList, NodeTable> value;
};

struct NodeEntry {
  std::string key;
  Node node;
};

/// A file that cannot be taken: "FILE:LINE: reason".
class Refusal : public std::runtime_error {
 public:
  Refusal(std::string_view file, int line, std::string_view reason)
      : std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + std::string(reason)) {}
};

/// Reads TOML. `file` is for messages. Throws Refusal.
[[nodiscard]] Node parse_toml(std::string_view text, const std::string& file);

}  // namespace mig::validate
