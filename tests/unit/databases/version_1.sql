-- Made by PlexSync 1.0.0 between a Stash and a Plex that were doubles.
BEGIN TRANSACTION;
CREATE TABLE entities (
            kind TEXT NOT NULL, entity INTEGER NOT NULL, updated TEXT NOT NULL,
            PRIMARY KEY (kind, entity)) WITHOUT ROWID;
INSERT INTO "entities" VALUES('group',1,'2026-11-26T14:14:31Z');
INSERT INTO "entities" VALUES('performer',1,'2026-11-26T14:14:31Z');
INSERT INTO "entities" VALUES('studio',1,'2026-11-26T14:14:31Z');
INSERT INTO "entities" VALUES('studio',2,'2026-11-26T14:14:31Z');
INSERT INTO "entities" VALUES('tag',1,'2026-11-26T14:14:31Z');
INSERT INTO "entities" VALUES('tag',2,'2026-11-26T14:14:31Z');
CREATE TABLE items (
            scene INTEGER NOT NULL, server TEXT NOT NULL, item TEXT NOT NULL, memory TEXT NOT NULL,
            seen INTEGER NOT NULL,
            PRIMARY KEY (scene, server, item)) WITHOUT ROWID;
INSERT INTO "items" VALUES(-8,'server-one','11','{"texts":{"title":{"written":"Eight","before":"scene.0008"}},"tags":{"genre":{"ours":["Beach"]}}}',1795702471);
INSERT INTO "items" VALUES(1,'server-one','1','{"texts":{"title":{"written":"One","before":"scene.0001"},"studio":{"written":"Small"},"summary":{"written":"Text one"},"userRating":{"written":"8"}},"tags":{"genre":{"ours":["Beach","Night"]},"actor":{"ours":["Ann"]},"collection":{"ours":["Small"]}},"pictures":{"poster":{"etag":"\"122494c5cae89d513b65e514c9051b88\"","sha256":"aeb03bfc496da671086b1d4d778bd68705c2fc478b339b2856dd0d5d93a52049"}}}',1795702472);
INSERT INTO "items" VALUES(2,'server-one','3','{"texts":{"title":{"written":"Part 2","before":"scene.0002"},"studio":{"written":"Small"}},"tags":{"collection":{"ours":["Small","A Series: the first"]}}}',1795702471);
INSERT INTO "items" VALUES(3,'server-one','4','{"texts":{"title":{"written":"Part 1","before":"scene.0003"},"studio":{"written":"Small"}},"tags":{"collection":{"ours":["Small","A Series: the first"]}}}',1795702471);
INSERT INTO "items" VALUES(4,'server-one','6','{}',1795702471);
INSERT INTO "items" VALUES(5,'server-one','6','{}',1);
INSERT INTO "items" VALUES(5,'server-one','8','{}',1795702471);
INSERT INTO "items" VALUES(6,'server-one','9','{"texts":{"title":{"written":"Six","before":"scene.0006"},"studio":{"written":"By hand"}},"tags":{"collection":{"ours":["By hand"]}}}',1795702471);
INSERT INTO "items" VALUES(7,'server-one','10','{"texts":{"title":{"written":"Seven again","before":"scene.0007"}},"pending":true}',0);
INSERT INTO "items" VALUES(9,'server-one','12','{"texts":{"title":{"written":"Nine","before":"scene.0009"}}}',-1);
INSERT INTO "items" VALUES(9,'server-one','13','{"texts":{"title":{"written":"Nine","before":"scene.0009"}}}',1795702471);
INSERT INTO "items" VALUES(10,'server-one','14','{"texts":{"title":{"written":"Ten","before":"scene.0010"},"summary":{"written":"More"}}}',0);
INSERT INTO "items" VALUES(11,'server-one','15','{"texts":{"title":{"written":"Fourteen","before":"scene.0014"},"studio":{"written":"Bare"}},"tags":{"collection":{"ours":["Bare"]}}}',0);
INSERT INTO "items" VALUES(12,'server-one','11','{"texts":{"title":{"written":"Fifteen","before":"scene.0008"}}}',0);
INSERT INTO "items" VALUES(13,'server-one','18','{"texts":{"title":{"written":"Sixteen","before":"scene.0016"}}}',0);
INSERT INTO "items" VALUES(13,'server-two','1','{"texts":{"title":{"written":"Sixteen","before":"scene.0016"}}}',1795702471);
CREATE TABLE members (
            collection TEXT NOT NULL, item TEXT NOT NULL, place INTEGER,
            PRIMARY KEY (collection, item)) WITHOUT ROWID;
INSERT INTO "members" VALUES('collection:server-one:1:a series: the first','3',2);
INSERT INTO "members" VALUES('collection:server-one:1:a series: the first','4',1);
INSERT INTO "members" VALUES('collection:server-one:1:bare','15',NULL);
INSERT INTO "members" VALUES('collection:server-one:1:by hand','9',NULL);
INSERT INTO "members" VALUES('collection:server-one:1:small','1',NULL);
INSERT INTO "members" VALUES('collection:server-one:1:small','3',NULL);
INSERT INTO "members" VALUES('collection:server-one:1:small','4',NULL);
CREATE TABLE outcomes (
            scene INTEGER PRIMARY KEY, checked REAL NOT NULL, updated REAL, detail TEXT NOT NULL,
            left_out TEXT NOT NULL, kept TEXT NOT NULL, stash_updated TEXT NOT NULL, files TEXT NOT NULL);
INSERT INTO "outcomes" VALUES(1,2000180960.0,2000000060.0,'title, studio, summary, rating, tags, performers, collections, poster','','','2026-11-26T14:14:31Z','9344b2ded2426789');
INSERT INTO "outcomes" VALUES(2,2000000720.0,2000000180.0,'title, studio, collections','','','2026-11-26T14:14:31Z','61e5c4ba11555af8');
INSERT INTO "outcomes" VALUES(3,2000000720.0,2000000180.0,'title, studio, collections','','','2026-11-26T14:14:31Z','998f03ffefb00a23');
INSERT INTO "outcomes" VALUES(4,2000000720.0,NULL,'','','','2026-11-26T14:14:31Z','e8b0902d335db07c');
INSERT INTO "outcomes" VALUES(5,2000000720.0,NULL,'','','','2026-11-26T14:14:31Z','2d8439024814ce5d');
INSERT INTO "outcomes" VALUES(6,2000000720.0,2000000360.0,'title, studio, collections','','','2026-11-26T14:14:31Z','56213b7c27257329');
INSERT INTO "outcomes" VALUES(7,2000000720.0,2000000420.0,'title','','','2026-11-26T14:14:31Z','040cb80a91bf458d');
INSERT INTO "outcomes" VALUES(9,2000000600.0,2000000540.0,'title','','','2026-11-26T14:14:31Z','a054d14204e3a077');
INSERT INTO "outcomes" VALUES(10,2000180960.0,2000180960.0,'summary','','title','2026-11-26T14:15:31Z','4062c3cff01779d4');
INSERT INTO "outcomes" VALUES(11,2000000780.0,2000000780.0,'title, studio, collections','','','2026-11-26T14:15:31Z','8568fe3061b5b7f3');
INSERT INTO "outcomes" VALUES(12,2000000900.0,2000000900.0,'title, tags','','','2026-11-26T14:15:31Z','0af39a2a65487b74');
INSERT INTO "outcomes" VALUES(13,2000090960.0,2000000960.0,'title','','','2026-11-26T14:15:31Z','71f72c0e93e69008');
INSERT INTO "outcomes" VALUES(14,2000181020.0,NULL,'','with the tag "Private"','','2026-11-26T14:15:31Z','c552ea7b77b82090');
INSERT INTO "outcomes" VALUES(16,2000181140.0,NULL,'','forgotten by you when it was parked','','','');
CREATE TABLE parked (
            scene INTEGER PRIMARY KEY, update_type TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
            since REAL NOT NULL, stash_updated TEXT NOT NULL);
INSERT INTO "parked" VALUES(15,'update','missing','its file is not in Plex yet; looked for it for 24 hours',2000181140.0,'2024-01-01T00:00:00Z');
CREATE TABLE parts (
            section TEXT NOT NULL, item TEXT NOT NULL, file TEXT NOT NULL,
            file_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER, updated INTEGER NOT NULL);
INSERT INTO "parts" VALUES('1','1','/media/library/folder/scene.0001.mp4','/media/library/folder/scene.0001.mp4','scene.0001.mp4',1001,1795702472);
INSERT INTO "parts" VALUES('1','3','/media/library/folder/scene.0002.mp4','/media/library/folder/scene.0002.mp4','scene.0002.mp4',1002,1795702471);
INSERT INTO "parts" VALUES('1','4','/media/library/folder/scene.0003.mp4','/media/library/folder/scene.0003.mp4','scene.0003.mp4',1003,1795702471);
INSERT INTO "parts" VALUES('1','6','/media/library/folder/scene.0004.mp4','/media/library/folder/scene.0004.mp4','scene.0004.mp4',1004,1795702471);
INSERT INTO "parts" VALUES('1','8','/media/library/folder/scene.0005.mp4','/media/library/folder/scene.0005.mp4','scene.0005.mp4',1005,1795702471);
INSERT INTO "parts" VALUES('1','9','/media/library/folder/scene.0006.mp4','/media/library/folder/scene.0006.mp4','scene.0006.mp4',1006,1795702471);
INSERT INTO "parts" VALUES('1','10','/media/library/folder/scene.0007.mp4','/media/library/folder/scene.0007.mp4','scene.0007.mp4',1007,1795702471);
INSERT INTO "parts" VALUES('1','11','/media/library/folder/scene.0008.mp4','/media/library/folder/scene.0008.mp4','scene.0008.mp4',1008,1795702531);
INSERT INTO "parts" VALUES('1','13','/media/library/folder/scene.0009.mp4','/media/library/folder/scene.0009.mp4','scene.0009.mp4',1009,1795702471);
INSERT INTO "parts" VALUES('1','14','/media/library/folder/scene.0010.mp4','/media/library/folder/scene.0010.mp4','scene.0010.mp4',1010,1795702471);
INSERT INTO "parts" VALUES('1','15','/media/library/folder/scene.0011.mp4','/media/library/folder/scene.0011.mp4','scene.0011.mp4',1011,1795702531);
INSERT INTO "parts" VALUES('1','17','/media/library/folder/scene.0012.mp4','/media/library/folder/scene.0012.mp4','scene.0012.mp4',1012,1795702531);
INSERT INTO "parts" VALUES('1','18','/media/library/folder/scene.0013.mp4','/media/library/folder/scene.0013.mp4','scene.0013.mp4',1013,1795702531);
CREATE TABLE runs (name TEXT NOT NULL, ended REAL NOT NULL, summary TEXT NOT NULL);
INSERT INTO "runs" VALUES('Reconcile Library',2000181140.0,'12 scenes: 11 already right, 1 updated.');
INSERT INTO "runs" VALUES('Sync All Scenes',2000181140.0,'12 scenes: 12 already right.');
CREATE TABLE sections (
            key TEXT PRIMARY KEY, uuid TEXT NOT NULL, title TEXT NOT NULL, content_changed TEXT NOT NULL,
            newest INTEGER NOT NULL, swept_at REAL NOT NULL, locations TEXT NOT NULL);
INSERT INTO "sections" VALUES('1','section-one','Clips','34',1795702531,2000180960.0,'/media/library');
CREATE TABLE shown (
            scene INTEGER NOT NULL, kind TEXT NOT NULL, entity INTEGER NOT NULL,
            PRIMARY KEY (scene, kind, entity)) WITHOUT ROWID;
INSERT INTO "shown" VALUES(2,'group',1);
INSERT INTO "shown" VALUES(3,'group',1);
INSERT INTO "shown" VALUES(1,'performer',1);
INSERT INTO "shown" VALUES(1,'studio',1);
INSERT INTO "shown" VALUES(2,'studio',1);
INSERT INTO "shown" VALUES(3,'studio',1);
INSERT INTO "shown" VALUES(6,'studio',2);
INSERT INTO "shown" VALUES(11,'studio',3);
INSERT INTO "shown" VALUES(1,'tag',1);
INSERT INTO "shown" VALUES(1,'tag',2);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "state" VALUES('client_identifier','plexsync-00000000-0000-4000-8000-000000000001');
INSERT INTO "state" VALUES('takes:server-one:title','yes');
INSERT INTO "state" VALUES('takes:server-one:studio','yes');
INSERT INTO "state" VALUES('takes:server-one:summary','yes');
INSERT INTO "state" VALUES('takes:server-one:userRating','yes');
INSERT INTO "state" VALUES('takes:server-one:genre','yes');
INSERT INTO "state" VALUES('takes:server-one:actor','yes');
INSERT INTO "state" VALUES('takes:server-one:collection','yes');
INSERT INTO "state" VALUES('collection:server-one:1:small','ours 2 bare');
INSERT INTO "state" VALUES('collection:server-one:1:a series: the first','ordered 5 bare');
INSERT INTO "state" VALUES('collection:server-one:1:by hand','theirs 7 bare');
INSERT INTO "state" VALUES('collection:server-one:1:bare','ours 16 bare');
INSERT INTO "state" VALUES('server','server-one');
INSERT INTO "state" VALUES('takes:server-one:tagline','no');
INSERT INTO "state" VALUES('takes:server-one:contentRating','once');
INSERT INTO "state" VALUES('takes:server-one:order of collections','no');
INSERT INTO "state" VALUES('takes:server-two:replaces-tags','replaces');
INSERT INTO "state" VALUES('reconcile_at','2000086400.5');
INSERT INTO "state" VALUES('settings','0123456789abcdef');
INSERT INTO "state" VALUES('guard','The scheduled comparison stopped.');
INSERT INTO "state" VALUES('paused','Plex does not accept the token.');
CREATE INDEX parts_by_file ON parts (file_key);
CREATE INDEX parts_by_name ON parts (name_key);
CREATE INDEX parts_by_item ON parts (item, section);
CREATE INDEX outcomes_by_update ON outcomes (updated);
CREATE INDEX items_by_item ON items (item, server);
CREATE INDEX members_by_item ON members (item);
CREATE INDEX shown_by_entity ON shown (kind, entity);
COMMIT;
PRAGMA user_version = 1;
