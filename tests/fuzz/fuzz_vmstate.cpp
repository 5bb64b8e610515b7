// SPDX-License-Identifier: GPL-2.0-or-later
// A VM description and a device's bytes, both from anywhere: be16 length of the text, the text, the body.
#include <cstdlib>

#include "vmstate/decode.hpp"

namespace {

using namespace mig;

/// Values lie in the body, and an exact fit accounts for every byte of it.
void check(const vmstate::Decoded& decoded, Bytes body) {
  if (decoded.consumed > body.size()) std::abort();
  if (decoded.fit == vmstate::Fit::exact && decoded.consumed != body.size()) std::abort();
  if (decoded.fit == vmstate::Fit::mismatch && !decoded.values.empty()) std::abort();
  for (const auto& value : decoded.values) {
    if (value.offset > body.size() || value.size > body.size() - value.offset) std::abort();
    static_cast<void>(vmstate::value_text(value, body, 64));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: the fuzzer's name
  const auto input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) return 0;
  const auto length = std::min<std::size_t>(load_be16(input), input.size() - 2);
  const auto text = input.subspan(2, length);
  const auto body = input.subspan(2 + length);
  const auto parsed = vmstate::parse_description({reinterpret_cast<const char*>(text.data()), text.size()});
  if (parsed.description.has_value() == !parsed.error.empty()) std::abort();
  if (!parsed.description) return 0;
  for (const auto& device : parsed.description->devices)
    check(vmstate::decode(*parsed.description, device, 1, body), body);
  return 0;
}
