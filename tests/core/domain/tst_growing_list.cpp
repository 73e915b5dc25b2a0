// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/growing_list.h"

#include <QTest>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

using seatrial::domain::GrowingList;

/// A list of records that grows while pictures of it are looked at.
class GrowingListTest : public QObject
{
    Q_OBJECT

private slots:
    void holdsWhatCame_data();
    void holdsWhatCame();
    void aCopyStaysAsItWas();
    void copiesShare();
    void theLastMayBeChanged();
    void movedAndCleared();
};

namespace {

GrowingList<std::string> upTo(int count)
{
    GrowingList<std::string> list;
    for (int i = 0; i < count; ++i)
        list.push_back(std::to_string(i));
    return list;
}

/// How many copies of a value have been made.
struct Counted {
    Counted() = default;
    Counted(const Counted &other) : copies(other.copies) { ++*copies; }
    Counted(Counted &&) = default;
    Counted &operator=(Counted &&) = default;
    std::shared_ptr<int> copies = std::make_shared<int>(0);
};

} // namespace

void GrowingListTest::holdsWhatCame_data()
{
    QTest::addColumn<int>("count");
    for (const int count : {0, 1, 255, 256, 257, 512, 513, 5000})
        QTest::addRow("%d", count) << count;
}

void GrowingListTest::holdsWhatCame()
{
    QFETCH(int, count);
    const auto list = upTo(count);
    QCOMPARE(list.size(), static_cast<std::size_t>(count));
    QCOMPARE(list.empty(), count == 0);
    int next = 0;
    for (const auto &text : list)
        QCOMPARE(text, std::to_string(next++));
    QCOMPARE(next, count);
    for (int i = 0; i < count; ++i)
        QCOMPARE(list[static_cast<std::size_t>(i)], std::to_string(i));
    QCOMPARE(std::ranges::count_if(list, [](const auto &text) { return text == "0"; }), count > 0 ? 1 : 0);
}

void GrowingListTest::aCopyStaysAsItWas()
{
    for (const int count : {1, 256, 300, 512}) {
        auto list = upTo(count);
        auto before = list;
        for (int i = 0; i < 600; ++i)
            list.push_back("new");
        QCOMPARE(before.size(), static_cast<std::size_t>(count));
        QCOMPARE(before[static_cast<std::size_t>(count) - 1], std::to_string(count - 1));
        QCOMPARE(list.size(), static_cast<std::size_t>(count) + 600);
        before.push_back("other"); // both may go on
        QCOMPARE(before[static_cast<std::size_t>(count)], std::string("other"));
        QCOMPARE(list[static_cast<std::size_t>(count)], std::string("new"));
    }
}

void GrowingListTest::copiesShare()
{
    GrowingList<Counted> list;
    for (int i = 0; i < 10'000; ++i)
        list.emplace_back();
    const auto copied = [&] { return std::accumulate(list.begin(), list.end(), 0, [](int sum, const Counted &each) { return sum + *each.copies; }); };
    const int before = copied();
    const auto copy = list;
    QVERIFY2(copied() - before < 300, qPrintable(QString::number(copied() - before)));
    QCOMPARE(&copy[0], &list[0]);
    QCOMPARE(&copy[9'000], &list[9'000]);
}

void GrowingListTest::theLastMayBeChanged()
{
    auto list = upTo(256);
    const auto before = list;
    list.back() = "changed";
    QCOMPARE(list[255], std::string("changed"));
    QCOMPARE(before[255], std::string("255"));
}

void GrowingListTest::movedAndCleared()
{
    auto list = upTo(1000);
    const auto moved = std::exchange(list, {});
    QCOMPARE(moved.size(), 1000u);
    QVERIFY(list.empty());
    list.push_back("again");
    QCOMPARE(list[0], std::string("again"));
    list.clear();
    QVERIFY(list.empty() && list.begin() == list.end());
}

QTEST_APPLESS_MAIN(GrowingListTest)
#include "tst_growing_list.moc"
