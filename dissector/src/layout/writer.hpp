// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "layout/io.hpp"
#include "mig/bytes.hpp"

namespace mig {

/// Body -> bytes. `text` is the one that the unit carries; what a body does not have is written as zeros.
class Writer : public LayoutIo<Writer> {
 public:
  explicit Writer(std::string_view text) noexcept : text_(text) {}
  [[nodiscard]] std::vector<std::byte> take() noexcept { return std::move(out_); }

  template <std::size_t width, class T>
  void number(std::string_view, const T& value, Show) {
    put(static_cast<std::uint64_t>(value), width);
  }
  template <class High, class Low>
  void packed(std::string_view, const High& high, const Low& low, Split split, Show) {
    const auto upper =
        split.shifted ? static_cast<std::uint64_t>(high) << split.bits : static_cast<std::uint64_t>(high);
    put(upper | static_cast<std::uint64_t>(low), 8);
  }
  template <class T>
  void choice(std::string_view, const T& value, std::string_view) {
    put(static_cast<std::uint64_t>(value), 1);
  }
  template <std::size_t width, class Id>
  void text(std::string_view, Id) {
    put(text_.size(), width);
    append(text_);
  }
  template <class Id>
  void padded(std::string_view, Id, std::size_t size) {
    append(text_.substr(0, size));
    ignored(size - std::min(size, text_.size()));
  }
  template <class Array>
  void bytes(std::string_view, const Array& value) {
    for (const auto byte : value) out_.push_back(std::byte{byte});
  }
  template <class T>
  void growing(std::string_view, const T& value, Show) {
    put(value, value > 0xffff ? 4 : value > 0xff ? 2 : 1);
  }
  template <std::size_t width>
  void constant(std::uint64_t value) {
    put(value, width);
  }
  void constant_text(std::string_view value) {
    put(value.size(), 1);
    append(value);
  }
  void ignored(std::size_t size) { out_.insert(out_.end(), size, std::byte{0}); }
  template <class Inner>
  void framed(std::uint16_t type, const Inner& inner, Counted counted) {
    put(type, 2);
    const auto at = out_.size();
    put(0, 2);
    inner();
    const auto length = out_.size() - at - 2 + counted.behind;
    out_[at] = static_cast<std::byte>(length >> 8 & 0xff);
    out_[at + 1] = static_cast<std::byte>(length & 0xff);
  }

 private:
  void put(std::uint64_t value, std::size_t width) {
    while (width-- > 0) out_.push_back(static_cast<std::byte>(value >> (8 * width) & 0xff));
  }
  void append(std::string_view text) {
    const auto bytes = as_bytes(text);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  std::string_view text_;
  std::vector<std::byte> out_;
};

}  // namespace mig
