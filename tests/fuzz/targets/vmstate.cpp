// SPDX-License-Identifier: GPL-2.0-or-later
// A VM description and a device's bytes, both from anywhere: its version, be16 length of the
// text, the text, the body.
#include "fuzz/choices.hpp"
#include "fuzz/memory_meter.hpp"
#include "fuzz/target.hpp"
#include "vmstate/decode.hpp"

namespace mig::test {
namespace {

using vmstate::Fit;

/// Enough for the largest description and all values that it may give; a hostile one of 929 bytes once took
/// 334 MB.
constexpr std::size_t most_memory = 64U << 20;

/// Values lie in the body, and an exact fit accounts for every byte of it.
void check(const vmstate::Decoded& decoded, Bytes body) {
  require(decoded.consumed <= body.size(), "no more than the body is consumed");
  require(decoded.fit != Fit::exact || decoded.consumed == body.size(), "an exact fit has every byte");
  require(decoded.fit != Fit::mismatch || decoded.values.empty(), "a mismatch has no values");
  require(decoded.cost <= vmstate::max_cost, "no more values than they may cost");
  for (const auto& value : decoded.values) {
    require(value.offset <= body.size() && value.size <= body.size() - value.offset,
            "values lie in the body");
    require(vmstate::value_text(value, body, 64).size() <= 256, "a value's text keeps to its limit");
  }
}

}  // namespace

void fuzz_vmstate(Bytes input) {
  Choices choices(input);
  const auto version = choices.u8();
  const auto text = choices.take(choices.be16());
  const auto body = choices.rest();
  const MemoryMeter memory;
  const auto parsed = vmstate::parse_description(as_text(text));
  require(parsed.description.has_value() == parsed.error.empty(), "a description, or why there is none");
  if (!parsed.description) return;
  for (const auto& device : parsed.description->devices)
    check(vmstate::decode(*parsed.description, device, version, body), body);
  require(memory.peak() <= most_memory, "memory is bounded");
}

}  // namespace mig::test
