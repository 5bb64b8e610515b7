// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "layout/io.hpp"
#include "mig/bytes.hpp"

namespace mig {

/// Bytes -> body. `Want` shows the first n bytes of the unit, or none as long as they have not come; what it
/// shows may move with every call. The unit's text is given out at the end: whose name it is the caller
/// knows.
template <class Want>
class Reader : public LayoutIo<Reader<Want>> {
 public:
  /// `page_size`: of the target, a power of two.
  Reader(Want want, std::uint32_t page_size) noexcept : want_(want), page_size_(page_size) {}

  [[nodiscard]] bool complete() const noexcept { return !stopped_; }
  /// What is there contradicts the layout.
  [[nodiscard]] bool bad() const noexcept { return bad_; }
  [[nodiscard]] Bytes raw() const noexcept { return raw_; }
  [[nodiscard]] std::string_view text() const noexcept { return as_text(raw_.subspan(text_at_, text_size_)); }

  template <std::size_t width, class T>
  void number(std::string_view, T& value, Show) {
    if (more(width)) value = static_cast<T>(load<width>());
  }
  template <class High, class Low>
  void packed(std::string_view, High& high, Low& low, Split split, Show) {
    if (!more(8)) return;
    const auto word = load<8>();
    const auto mask = split.bits == 0 ? page_size_ - std::uint64_t{1} : (std::uint64_t{1} << split.bits) - 1;
    low = static_cast<Low>(word & mask);
    high = static_cast<High>(split.shifted ? word >> split.bits : word & ~mask);
  }
  template <class T>
  void choice(std::string_view, T& value, std::string_view) {
    if (more(1)) value = static_cast<T>(load<1>());
  }
  template <std::size_t width, class Id>
  void text(std::string_view, Id&) {
    if (!more(width)) return;
    const auto size = static_cast<std::size_t>(load<width>());
    if (more(size)) set_text(at_ - size, size);
  }
  /// Up to its first zero byte.
  template <class Id>
  void padded(std::string_view, Id&, std::size_t size) {
    if (!more(size)) return;
    const auto field = raw_.last(size);
    const auto end = std::find(field.begin(), field.end(), std::byte{0});
    set_text(at_ - size, static_cast<std::size_t>(end - field.begin()));
  }
  template <class Array>
  void bytes(std::string_view, Array& value) {
    if (!more(value.size())) return;
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = load_u8(raw_, at_ - value.size() + i);
  }
  /// Bit 7 of the first byte: two bytes; of the second, too: four.
  template <class T>
  void growing(std::string_view, T& value, Show) {
    if (!more(1)) return;
    value = load<1>();
    if ((value & 0x80) == 0 || !more(1)) return;
    value = load<2>();
    if ((value & 0x80) != 0 && more(2)) value = load<4>();
  }
  template <std::size_t width>
  void constant(std::uint64_t value) {
    if (more(width) && load<width>() != value) refuse();
  }
  void constant_text(std::string_view value) {
    if (more(1 + value.size()) && as_text(raw_.last(value.size())) != value) refuse();
  }
  void ignored(std::size_t size) { static_cast<void>(more(size)); }
  template <class Inner>
  void framed(std::uint16_t type, const Inner& inner, Counted counted) {
    constant<2>(type);
    if (!more(2)) return;
    const auto begin = at_;
    const auto length = static_cast<std::size_t>(load<2>());
    if (!counted.open) limit_ = begin + length;
    inner();
    limit_ = SIZE_MAX;
    if (!stopped_ && (counted.open ? at_ - begin > length : at_ - begin != length)) refuse();
  }

 private:
  /// Moves on by `size` bytes, if they are there.
  [[nodiscard, gnu::always_inline]] bool more(std::size_t size) {
    if (stopped_) return false;
    if (size > limit_ - at_) return refuse();
    const auto all = want_(at_ + size);
    if (!all) return !(stopped_ = true);
    raw_ = *all;
    at_ += size;
    return true;
  }
  /// The last `width` bytes of what is there.
  template <std::size_t width>
  [[nodiscard]] auto load() const noexcept {
    const auto at = at_ - width;
    if constexpr (width == 1) return load_u8(raw_, at);
    if constexpr (width == 2) return load_be16(raw_, at);
    if constexpr (width == 4) return load_be32(raw_, at);
    if constexpr (width == 8) return load_be64(raw_, at);
  }
  bool refuse() noexcept {
    bad_ = stopped_ = true;
    return false;
  }
  void set_text(std::size_t at, std::size_t size) noexcept {
    text_at_ = at;
    text_size_ = size;
  }

  Want want_;
  std::uint32_t page_size_;
  Bytes raw_;
  std::size_t at_ = 0;
  std::size_t limit_ = SIZE_MAX;
  std::size_t text_at_ = 0;
  std::size_t text_size_ = 0;
  bool stopped_ = false;
  bool bad_ = false;
};

/// A unit as it was read.
struct ReadUnit {
  Bytes raw;
  std::string_view text;  ///< the one that it carries
};

}  // namespace mig
