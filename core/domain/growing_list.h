// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace seatrial::domain {

/// A list that only grows at its end. Copies share all of it but the last few elements, so that each picture of a run that
/// is published costs next to nothing; what was added never moves.
template<typename Value>
class GrowingList
{
    using Block = std::vector<Value>;
    static constexpr std::size_t kBlock = 256; ///< elements; a copy copies fewer than that

public:
    using value_type = Value;

    class const_iterator
    {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Value;
        using difference_type = std::ptrdiff_t;
        using pointer = const Value *;
        using reference = const Value &;

        const_iterator() = default;
        const_iterator(const GrowingList *list, std::size_t at) : m_list(list), m_at(at) {}
        reference operator*() const { return (*m_list)[m_at]; }
        pointer operator->() const { return &(*m_list)[m_at]; }
        const_iterator &operator++()
        {
            ++m_at;
            return *this;
        }
        const_iterator operator++(int)
        {
            auto before = *this;
            ++m_at;
            return before;
        }
        bool operator==(const const_iterator &) const = default;

    private:
        const GrowingList *m_list = nullptr;
        std::size_t m_at = 0;
    };
    using iterator = const_iterator;

    std::size_t size() const { return m_full.size() * kBlock + m_tail.size(); }
    bool empty() const { return m_tail.empty(); }
    const Value &operator[](std::size_t at) const
    {
        const std::size_t place = at / kBlock;
        return (place < m_full.size() ? *m_full[place] : m_tail)[at % kBlock];
    }
    const_iterator begin() const { return {this, 0}; }
    const_iterator end() const { return {this, size()}; }
    /// The last element: the only one that may still be changed.
    Value &back() { return m_tail.back(); }

    void push_back(Value value) { emplace_back() = std::move(value); }
    Value &emplace_back()
    {
        if (m_tail.size() == kBlock)
            m_full.push_back(std::make_shared<const Block>(std::exchange(m_tail, {})));
        return m_tail.emplace_back();
    }
    void clear() { *this = {}; }

private:
    std::vector<std::shared_ptr<const Block>> m_full; ///< of kBlock elements each, never changed again, shared with copies
    Block m_tail;                                     ///< empty only if all is
};

} // namespace seatrial::domain
