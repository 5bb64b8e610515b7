// SPDX-License-Identifier: GPL-2.0-or-later
// A device section's body, read through its layout. Pure, no exceptions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mig/bytes.hpp"
#include "vmstate/description.hpp"

namespace mig::vmstate {

/// One field where it stands in the body. Groups (structure, subsection) come before their parts, which are
/// one level deeper; an array of structures is one group per element. An array of numbers is one value with
/// `count` elements. Names are borrowed from the description.
struct Value {
  ValueKind kind = ValueKind::bytes;
  bool array = false;
  std::uint16_t depth = 0;  ///< 0: a field of the device itself
  std::string_view name;
  std::string_view type;
  std::optional<std::uint64_t> index;  ///< of this element, where array elements come one by one
  std::uint64_t offset = 0;            ///< first byte, from the start of the body
  std::uint64_t size = 0;              ///< bytes, all elements together
  std::uint64_t count = 1;             ///< elements
};

/// Whether layout and bytes belong together.
enum class Fit : std::uint8_t {
  exact,               ///< every byte of the body is one value's
  unknown_subsection,  ///< the values are right; behind them is a subsection that the description lacks
  mismatch,            ///< length, version or a mark differs: another machine or moment. No values are given
};

struct Decoded {
  Fit fit = Fit::mismatch;
  std::vector<Value> values;
  std::string reason;          ///< one sentence unless the fit is exact
  std::uint64_t consumed = 0;  ///< bytes that the layout accounts for
  std::size_t cost = 0;        ///< of its values, also of those that a mismatch has discarded; see max_cost
};

/// What the values of a section may cost: `value_cost` each, and 1 for each element of an array of numbers.
/// Those of a whole real machine cost far less.
inline constexpr std::size_t max_cost = 1U << 20;
inline constexpr std::size_t value_cost = 8;

/// Reads `body`, all bytes between section header and footer. The description may be another stream's: which
/// subsections are there is read from the bytes. `description` outlives the result, `body` need not.
[[nodiscard]] Decoded decode(const Description& description, const DeviceLayout& device,
                             std::uint32_t version_id, Bytes body,
                             std::size_t cost_limit = max_cost) noexcept;

/// Element `i` of a value of kind boolean or number, sign-extended where signed. `body` is that of decode().
[[nodiscard]] std::uint64_t number_at(const Value& value, Bytes body, std::uint64_t i = 0) noexcept;

/// A value for people: "true", "0x0000fee0", "-1", "de ad be ef"; arrays with runs counted: "0x00 (8 times)".
/// At most about `limit` characters, then "...". Empty for groups.
[[nodiscard]] std::string value_text(const Value& value, Bytes body, std::size_t limit = 4096);
/// One element of it.
[[nodiscard]] std::string element_text(const Value& value, Bytes body, std::uint64_t i);

}  // namespace mig::vmstate
