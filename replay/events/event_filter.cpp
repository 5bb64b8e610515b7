// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/events/event_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include "replay/events/line_value.hpp"

namespace mig::replay {

struct EventFilter::Node {
  enum class Kind : std::uint8_t { name, compare, negate, both, either };
  enum class Operator : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal, contains };
  Kind kind = Kind::name;
  Operator op = Operator::equal;
  std::string name, text;
  std::optional<double> number;          // `text` as one
  std::optional<std::uint64_t> integer;  // and exactly
  std::unique_ptr<Node> left, right;
  mutable bool asked = false, met = false;  // whether a line was asked for `name`, and had it

  [[nodiscard]] bool accepts(const EventLine& line, Time start) const;
  [[nodiscard]] bool compare(const EventLine& line, Time start) const;
};

namespace {

using Node = EventFilter::Node;
using Operator = Node::Operator;

constexpr std::array<std::pair<std::string_view, Operator>, 7> operators = {{
    {"==", Operator::equal},
    {"!=", Operator::not_equal},
    {"<=", Operator::less_equal},
    {">=", Operator::greater_equal},
    {"<", Operator::less},
    {">", Operator::greater},
    {"~", Operator::contains},
}};
constexpr int max_depth = 100;

/// Where every line has a number, if it has the name at all.
bool is_number(std::string_view name) {
  constexpr std::array<std::string_view, 6> numbers = {"time",       "packet", "migration",
                                                       "connection", "off",    "len"};
  return std::find(numbers.begin(), numbers.end(), name) != numbers.end();
}

/// Names with few values: another one is a slip, and would fit no line.
struct ClosedSet {
  std::string_view name, values;
};
constexpr std::array<ClosedSet, 3> closed_sets = {{
    {"channel", " main main-resumed multifd preempt tls unknown "},
    {"direction", " forward return-path "},
    {"kind", " unit pages phase notice connection comment "},
}};

void check_closed(std::string_view name, const std::string& value) {
  const auto set =
      std::find_if(closed_sets.begin(), closed_sets.end(), [&](const auto& s) { return s.name == name; });
  if (set == closed_sets.end() || set->values.find(" " + value + " ") != std::string_view::npos) return;
  throw std::invalid_argument("filter: " + std::string(name) + " is never \"" + value + "\"; it is one of:" +
                              std::string(set->values.substr(0, set->values.size() - 1)));
}

template <class T>
bool holds(Operator op, const T& a, const T& b) {
  switch (op) {
    case Operator::equal: return a == b;
    case Operator::not_equal: return a != b;
    case Operator::less: return a < b;
    case Operator::less_equal: return a <= b;
    case Operator::greater: return a > b;
    case Operator::greater_equal: return a >= b;
    case Operator::contains: return false;
  }
  return false;
}

std::optional<std::uint64_t> as_integer(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> as_number(const std::string& text) {
  char* end = nullptr;
  const auto value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
}

/// Recursive descent: either, both, negation, a comparison or a name.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}
  std::unique_ptr<Node> all() {
    auto node = either();
    skip_blanks();
    if (at_ != text_.size()) fail("expected && or ||");
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const auto rest = text_.substr(at_);
    throw std::invalid_argument("filter: " + what + " at " +
                                (rest.empty() ? "the end" : "\"" + std::string(rest) + "\"") +
                                " (character " + std::to_string(at_ + 1) + ")");
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  static std::unique_ptr<Node> join(Node::Kind kind, std::unique_ptr<Node> left,
                                    std::unique_ptr<Node> right) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }
  std::unique_ptr<Node> either() {
    auto node = both();
    while (take("||")) node = join(Node::Kind::either, std::move(node), both());
    return node;
  }
  std::unique_ptr<Node> both() {
    auto node = one();
    while (take("&&")) node = join(Node::Kind::both, std::move(node), one());
    return node;
  }
  std::unique_ptr<Node> one() {
    if (++depth_ > max_depth) fail("too many parentheses");
    std::unique_ptr<Node> node;
    skip_blanks();
    if (!text_.substr(at_).starts_with("!=") && take("!")) {
      node = join(Node::Kind::negate, one(), nullptr);
    } else if (take("(")) {
      node = either();
      if (!take(")")) fail("expected )");
    } else {
      node = comparison();
    }
    --depth_;
    return node;
  }
  std::unique_ptr<Node> comparison() {
    auto node = std::make_unique<Node>();
    node->name = word("the name of an event or a field");
    for (const auto& [token, op] : operators) {
      if (!take(token)) continue;
      node->kind = Node::Kind::compare;
      node->op = op;
      node->text = word("a value");
      if (op == Operator::equal || op == Operator::not_equal) check_closed(node->name, node->text);
      node->integer = as_integer(node->text);
      node->number =
          node->integer ? std::optional(static_cast<double>(*node->integer)) : as_number(node->text);
      if (!node->number && op != Operator::contains && is_number(node->name))
        throw std::invalid_argument("filter: " + node->name + " is a number, and \"" + node->text +
                                    "\" is none");
      return node;
    }
    return node;
  }
  std::string word(const char* what) {
    skip_blanks();
    if (take("\"")) {
      const auto end = text_.find('"', at_);
      if (end == std::string_view::npos) fail("expected a closing quotation mark");
      const auto begin = std::exchange(at_, end + 1);
      return std::string(text_.substr(begin, end - begin));
    }
    const auto end = std::min(text_.find_first_of(" ()&|=!<>~\"", at_), text_.size());
    if (end == at_) fail(std::string("expected ") + what);
    const auto begin = std::exchange(at_, end);
    return std::string(text_.substr(begin, end - begin));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

bool Node::compare(const EventLine& line, Time start) const {
  const auto value = line_value(line, name, start);
  asked = true;
  met = met || value;
  if (!value) return false;
  if (const auto* string = std::get_if<std::string>(&*value)) {
    if (op == Operator::contains) return string->find(text) != std::string::npos;
    return holds(op, *string, text);
  }
  if (const auto* exact = std::get_if<std::uint64_t>(&*value)) {
    if (integer) return holds(op, *exact, *integer);
    return number && holds(op, static_cast<double>(*exact), *number);
  }
  return number && holds(op, std::get<double>(*value), *number);
}

bool Node::accepts(const EventLine& line, Time start) const {
  switch (kind) {
    case Kind::name: {
      const bool here = line_value(line, "event", start) == LineValue(name);
      asked = true;
      met = met || here;
      return here;
    }
    case Kind::compare: return compare(line, start);
    case Kind::negate: return !left->accepts(line, start);
    case Kind::both: return left->accepts(line, start) && right->accepts(line, start);
    case Kind::either: return left->accepts(line, start) || right->accepts(line, start);
  }
  return false;
}

namespace {

void collect_never_met(const Node& node, std::string& out) {
  if (node.asked && !node.met)
    out += (out.empty() ? "" : "; ") +
           std::string(node.kind == Node::Kind::name ? "no event is named " : "no line has a field ") +
           node.name;
  for (const auto* child : {node.left.get(), node.right.get()}) {
    if (child != nullptr) collect_never_met(*child, out);
  }
}

}  // namespace

std::string EventFilter::never_met() const {
  std::string out;
  collect_never_met(*root_, out);
  return out;
}

EventFilter::EventFilter(std::string_view expression) : root_(Parser(expression).all()) {}
EventFilter::EventFilter(EventFilter&&) noexcept = default;
EventFilter& EventFilter::operator=(EventFilter&&) noexcept = default;
EventFilter::~EventFilter() = default;

bool EventFilter::accepts(const EventLine& line, Time start) const { return root_->accepts(line, start); }

}  // namespace mig::replay
