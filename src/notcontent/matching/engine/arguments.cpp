#include "arguments.hpp"

#include <array>
#include <cstring>
#include <limits>

namespace notcontent {
namespace {

constexpr unsigned kMaxThreads = 256;
constexpr std::size_t kBits = 256;

void check_rows(const RowArray& rows) {
  if (rows.shape(1) != kRowBytes) throw std::invalid_argument("rows must be 32 bytes long");
  if (rows.shape(0) > 0xffffffffU) throw std::invalid_argument("too many rows");
}

// Rows may lie at an odd address, so they are copied byte by byte.
template <bool Permute>
void copy_words(const RowArray& rows, std::uint64_t* to) {
  const std::uint8_t* from = rows.data();
  for (std::size_t r = 0; r < rows.shape(0); ++r) {
    Words words;
    std::memcpy(words.data(), from + r * kRowBytes, kRowBytes);
    if constexpr (Permute) words = permuted(words);
    std::memcpy(to + r * kRowWords, words.data(), kRowBytes);
  }
}

template <bool Permute>
std::vector<std::uint64_t> words_of(const RowArray& rows) {
  check_rows(rows);
  std::vector<std::uint64_t> words(rows.shape(0) * kRowWords);
  copy_words<Permute>(rows, words.data());
  return words;
}

template <bool Permute>
std::vector<Words> rows_of(const RowArray& rows) {
  check_rows(rows);
  std::vector<Words> copies(rows.shape(0));
  if (!copies.empty()) copy_words<Permute>(rows, copies.data()->data());
  return copies;
}

// Where the weight of each bit in the engine's order lies. Weights are in the order of a hash written out: the first
// bit of byte 0 is its highest.
std::array<std::uint8_t, kBits> weight_places() {
  std::array<std::uint8_t, kBits> places{};
  for (std::size_t from = 0; from < kBits; ++from) {
    Words one{};
    one[from / 64] = std::uint64_t{1} << (from % 64);
    one = permuted(one);
    for (std::size_t to = 0; to < kBits; ++to) {
      if (one[to / 64] >> (to % 64) & 1) places[to] = static_cast<std::uint8_t>(from / 8 * 8 + (7 - from % 8));
    }
  }
  return places;
}

}  // namespace

void check_threads(unsigned threads) {
  if (threads < 1 || threads > kMaxThreads) throw std::invalid_argument("threads must be 1 to 256");
}

void check_search(std::uint32_t radius, unsigned threads) {
  if (radius > kMaxRadius) throw std::invalid_argument("radius must be 0 to 63");
  check_threads(threads);
}

void check_lengths(const RowArray& rows, const std::optional<IdArray>& ids) {
  check_rows(rows);
  if (ids && ids->shape(0) != rows.shape(0)) throw std::invalid_argument("one id a row");
}

std::vector<std::uint64_t> plain_words(const RowArray& rows) { return words_of<false>(rows); }
std::vector<std::uint64_t> permuted_words(const RowArray& rows) { return words_of<true>(rows); }
std::vector<Words> plain_rows(const RowArray& rows) { return rows_of<false>(rows); }
std::vector<Words> permuted_rows(const RowArray& rows) { return rows_of<true>(rows); }

std::vector<WeightedQuery> weighted_queries(const RowArray& values, const WeightArray& log_odds) {
  static const std::array<std::uint8_t, kBits> places = weight_places();
  if (log_odds.shape(1) != kBits || log_odds.shape(0) != values.shape(0)) {
    throw std::invalid_argument("one weight for each bit of each row");
  }
  const std::vector<Words> bits = permuted_rows(values);
  std::vector<WeightedQuery> queries(bits.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    queries[q].bits = bits[q];
    const float* weights = log_odds.data() + q * kBits;
    bool right = true;
    for (std::size_t bit = 0; bit < kBits; ++bit) {
      const float weight = weights[places[bit]];
      right &= weight >= 0 && weight <= std::numeric_limits<float>::max();
      queries[q].weights[bit] = weight;
    }
    if (!right) throw std::invalid_argument("weights from 0 up");
  }
  return queries;
}

std::optional<std::vector<std::uint32_t>> copied(const std::optional<IdArray>& ids) {
  if (!ids) return std::nullopt;
  return std::vector<std::uint32_t>(ids->data(), ids->data() + ids->shape(0));
}

}  // namespace notcontent
