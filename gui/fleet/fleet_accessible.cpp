// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_accessible.h"

#include "gui/fleet/fleet_view.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>
#include <QPointer>

namespace seatrial::gui {

namespace {

int indexOfNode(const FleetViewData& fleet, NodeRef ref)
{
    int index = ref.node;
    for (int r = 0; r < ref.rack; ++r)
        index += static_cast<int>(fleet.racks[static_cast<std::size_t>(r)].nodes.size());
    return index;
}

NodeRef refOfIndex(const FleetViewData& fleet, int index)
{
    for (std::size_t r = 0; r < fleet.racks.size(); ++r) {
        const auto count = static_cast<int>(fleet.racks[r].nodes.size());
        if (index < count)
            return {static_cast<int>(r), index};
        index -= count;
    }
    return {};
}

class NodeItem : public QAccessibleInterface {
public:
    NodeItem(FleetView* view, int index) : m_view(view), m_index(index) {}

    bool isValid() const override { return m_view && node() != nullptr; }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_view); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    void setText(QAccessible::Text, const QString&) override {}
    int index() const { return m_index; }

    QString text(QAccessible::Text kind) const override
    {
        const NodeView* shown = node();
        if (!shown)
            return {};
        const RackView& rack = m_view->fleet().racks[static_cast<std::size_t>(ref().rack)];
        switch (kind) {
        case QAccessible::Name:
            return FleetView::tr("%1, %2 unit %3, %4").arg(shown->id, rack.name).arg(shown->unit).arg(wordOf(shown->state));
        case QAccessible::Description: return shown->sentence.isEmpty() ? shown->reason : shown->sentence;
        case QAccessible::Value: return shown->value;
        default: return {};
        }
    }

    QRect rect() const override
    {
        if (!isValid())
            return {};
        const QRect inView = m_view->nodeRect(ref());
        return {m_view->viewport()->mapToGlobal(inView.topLeft()), inView.size()};
    }

    QAccessible::State state() const override
    {
        QAccessible::State state;
        const NodeView* shown = node();
        if (!shown) {
            state.invalid = true;
            return state;
        }
        state.focusable = true;
        state.selectable = true;
        state.focused = m_view->hasFocus() && m_view->current() == ref();
        state.selected = m_view->selection().contains(shown->id);
        state.offscreen = !m_view->viewport()->rect().intersects(m_view->nodeRect(ref()));
        return state;
    }

private:
    NodeRef ref() const { return refOfIndex(m_view->fleet(), m_index); }
    const NodeView* node() const { return m_view ? nodeAt(m_view->fleet(), ref()) : nullptr; }

    QPointer<FleetView> m_view;
    int m_index;
};

class FleetAccessible : public QAccessibleWidget {
public:
    explicit FleetAccessible(FleetView* view) : QAccessibleWidget(view, QAccessible::List) {}
    ~FleetAccessible() override
    {
        for (const QAccessible::Id id : m_items)
            QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return static_cast<int>(view()->fleet().nodeCount()); }

    QAccessibleInterface* child(int index) const override
    {
        if (index < 0 || index >= childCount())
            return nullptr;
        const auto known = m_items.constFind(index);
        if (known != m_items.constEnd())
            return QAccessible::accessibleInterface(*known);
        auto* item = new NodeItem(view(), index);
        m_items.insert(index, QAccessible::registerAccessibleInterface(item));
        return item;
    }

    int indexOfChild(const QAccessibleInterface* item) const override
    {
        const auto* node = dynamic_cast<const NodeItem*>(item);
        return node ? node->index() : -1;
    }

    QAccessibleInterface* childAt(int x, int y) const override
    {
        const auto ref = view()->nodeAt(view()->viewport()->mapFromGlobal(QPoint(x, y)));
        return ref ? child(indexOfNode(view()->fleet(), *ref)) : nullptr;
    }

    QAccessibleInterface* focusChild() const override
    {
        const NodeRef current = view()->current();
        return nodeAt(view()->fleet(), current) ? child(indexOfNode(view()->fleet(), current)) : nullptr;
    }

private:
    FleetView* view() const { return static_cast<FleetView*>(widget()); }

    mutable QHash<int, QAccessible::Id> m_items;
};

QAccessibleInterface* makeFleetAccessible(const QString&, QObject* object)
{
    auto* view = qobject_cast<FleetView*>(object);
    return view ? new FleetAccessible(view) : nullptr;
}

} // namespace

void installFleetAccessibility()
{
    static bool installed = false;
    if (installed)
        return;
    QAccessible::installFactory(makeFleetAccessible);
    installed = true;
}

void announceCurrent(FleetView& view)
{
    if (!QAccessible::isActive() || !nodeAt(view.fleet(), view.current()))
        return;
    QAccessibleEvent event(&view, QAccessible::Focus);
    event.setChild(indexOfNode(view.fleet(), view.current()));
    QAccessible::updateAccessibility(&event);
}

} // namespace seatrial::gui
