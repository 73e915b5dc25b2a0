// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QSet>
#include <QString>

namespace seatrial::gui {

// What is selected, shared by all pages; each shows the part it knows and none talks to another.
class Selection : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    const QSet<QString>& nodes() const { return m_nodes; }
    // The one node that panels speak of; empty if none or several are selected.
    QString node() const { return m_nodes.size() == 1 ? *m_nodes.begin() : QString(); }
    void setNodes(const QSet<QString>& nodes)
    {
        if (m_nodes == nodes)
            return;
        m_nodes = nodes;
        emit changed();
    }

signals:
    void changed();

private:
    QSet<QString> m_nodes;
};

} // namespace seatrial::gui
