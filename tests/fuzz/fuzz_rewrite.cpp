// SPDX-License-Identifier: GPL-2.0-or-later
// Headers from fields of any kind: each unit in turn, with what the input says where a field is asked for.
#include <array>
#include <cstdlib>

#include "mig/bytes.hpp"
#include "rewriter.hpp"

namespace {

using namespace mig;

class AnyFields final : public UnitFields {
 public:
  explicit AnyFields(Bytes input) : input_(input) {}
  std::optional<std::uint64_t> number(std::string_view) const override {
    const unsigned kind = byte() % 8U;
    if (kind == 0) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < (kind == 7U ? 8U : kind); ++i) value = value << 8 | byte();
    return value;
  }
  std::optional<std::string> text(std::string_view) const override {
    static constexpr std::array<std::string_view, 9> words{"START", "PART",   "END",        "FULL",  "plain",
                                                           "zero",  "xbzrle", "compressed", "pc.ram"};
    const auto kind = byte();
    if (kind == 0) return std::nullopt;
    if (kind < 128) return std::string(words[kind % words.size()]);
    return std::string((kind - 128) * 3U, static_cast<char>(byte()));  // up to 381: too long for a cstr
  }
  std::optional<std::string> bytes(std::string_view) const override {
    return std::string(byte() % 2 == 0 ? 16 : byte(), 'u');
  }
  bool flag(std::string_view) const override { return byte() % 2 != 0; }

 private:
  std::uint8_t byte() const {
    if (input_.empty()) return 0;
    const auto value = load_u8(input_);
    input_ = input_.subspan(1);
    return value;
  }
  mutable Bytes input_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: the fuzzer's name
  const auto input = std::as_bytes(std::span(data, size));
  for (const auto rows : {element_rows(), iterative_rows(), return_path_rows(), multifd_rows()}) {
    for (const auto& row : rows) {
      const auto header = rewrite_header(row.unit, AnyFields(input), size % 32);
      if (header.size() > 1024) std::abort();
    }
  }
  return 0;
}
