// What every living bank lets Python do, whatever the order in which it keeps its bits.
#pragma once

#include "arguments.hpp"

namespace notcontent {

// `RowsOf` copies rows into the bank's order of bits.
template <class Bank, std::vector<Words> (*RowsOf)(const RowArray&)>
Answer<std::uint32_t> add_rows(Bank& bank, const RowArray& rows, const std::optional<IdArray>& ids) {
  check_lengths(rows, ids);
  const std::vector<Words> words = RowsOf(rows);
  std::optional<std::vector<std::uint32_t>> given = copied(ids);
  std::vector<std::uint32_t> held;
  {
    nb::gil_scoped_release released;
    held = bank.add(words, std::move(given));
  }
  return answer(std::move(held));
}

template <class Bank>
std::size_t remove_rows(Bank& bank, const IdArray& ids) {
  const std::vector<std::uint32_t> given = *copied(ids);
  nb::gil_scoped_release released;
  return bank.remove(given);
}

// `WordsOf` does the same for queries.
template <class Bank, std::vector<std::uint64_t> (*WordsOf)(const RowArray&)>
std::optional<FoundTuple> search_bank(const Bank& bank, const RowArray& queries, std::uint32_t radius,
                                      unsigned threads) {
  check_search(radius, threads);
  const std::vector<std::uint64_t> words = WordsOf(queries);
  Found found;
  {
    nb::gil_scoped_release released;
    found = bank.search(words, radius, threads);
  }
  return answer(std::move(found));
}

}  // namespace notcontent
