// SPDX-License-Identifier: GPL-2.0-or-later
// The one place that knows toml++: its headers take long to compile.
// Some of what it asserts, and with NDEBUG relies on, a file can break ("[=]" does): here that is an error as
// others.
#undef NDEBUG
#define TOML_ASSERT(holds) ((holds) ? static_cast<void>(0) : mig::validate::no_toml())
#define TOML_HEADER_ONLY 1
namespace mig::validate {
struct NoToml {};
[[noreturn]] static void no_toml() { throw NoToml(); }
}  // namespace mig::validate
#include <toml++/toml.h>

#include <algorithm>

#include "validate/toml/node.hpp"

namespace mig::validate {
namespace {

class Copier {
 public:
  explicit Copier(const std::string& file) : file_(file) {}

  Node copy(const toml::node& from) {
    Node node{line_of(from), {}};
    if (const auto* text = from.as_string())
      node.value = text->get();
    else if (const auto* number = from.as_integer())
      node.value = number->get();
    else if (const auto* real = from.as_floating_point())
      node.value = real->get();
    else if (const auto* truth = from.as_boolean())
      node.value = truth->get();
    else if (const auto* list = from.as_array())
      node.value = copy_list(*list);
    else if (const auto* table = from.as_table())
      node.value = copy_table(*table);
    else
      throw Refusal(file_, node.line, "dates and times have no meaning here");
    return node;
  }

 private:
  static int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

  NodeList copy_list(const toml::array& from) {
    NodeList list;
    for (const auto& element : from) list.push_back(copy(element));
    return list;
  }

  // The library sorts keys by name; the file's order is that of the run.
  NodeTable copy_table(const toml::table& from) {
    std::vector<std::pair<toml::source_position, NodeEntry>> found;
    for (const auto& [key, value] : from)
      found.push_back({key.source().begin, {std::string(key.str()), copy(value)}});
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    NodeTable table;
    for (auto& entry : found) table.push_back(std::move(entry.second));
    return table;
  }

  const std::string& file_;
};

/// Of the first line without which none of toml++'s assertions fails.
int line_of_failure(std::string_view text) {
  int line = 1;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1), ++line) {
    try {
      static_cast<void>(toml::parse(text.substr(0, end)));
    } catch (const NoToml&) {
      break;
    } catch (const toml::parse_error&) {  // of a value that goes on in the next line
    }
  }
  return line;
}

}  // namespace

Node parse_toml(std::string_view text, const std::string& file) {
  try {
    const auto table = toml::parse(text, file);
    auto node = Copier(file).copy(table);
    node.line = 1;
    return node;
  } catch (const toml::parse_error& error) {
    throw Refusal(file, static_cast<int>(error.source().begin.line), std::string(error.description()));
  } catch (const NoToml&) {
    throw Refusal(file, line_of_failure(text), "this is not TOML");
  }
}

}  // namespace mig::validate
